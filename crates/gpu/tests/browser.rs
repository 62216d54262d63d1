//! The shaders in a browser, which compiles them itself: against the twins, in shards, as a model, on a lost device.
//! scripts/test wasm runs it in Chromium, whose GPU is software there. Natively tests/tests/gpu.rs does the same.

#![cfg(target_arch = "wasm32")]

mod models;

use squint_gpu::Gpu;
use squint_ops::case::{Case, Rng, compare, relative_error};
use squint_ops::{Backend, HALF, Host, INT8, Kind, OPS, On, Recording, Reference, Role};
use std::{collections::BTreeMap, rc::Rc};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn host() -> Host {
    Host { now: Rc::new(js_sys::Date::now), pause: Rc::new(|| Box::pin(std::future::ready(()))) }
}

#[wasm_bindgen_test]
async fn shaders_agree_with_the_twins() {
    let mut gpu = Gpu::open(host()).await.unwrap();
    console_log!("{:?}, forms for {:?}", gpu.caps(), gpu.on());
    assert_eq!(gpu.vet(OPS).await.unwrap(), Vec::<String>::new());
    for op in OPS {
        let start = js_sys::Date::now();
        let v = compare(op, &gpu, 70, 12).await.unwrap();
        console_log!("{}: worst {:e} in {} ms", op.stem, v.worst, js_sys::Date::now() - start);
        assert!(v.ok, "{}: error {:e} at {}", op.stem, v.worst, v.at);
    }
}

/// What real GPUs are given; this one takes long to compile it, so a few cases of each.
#[wasm_bindgen_test]
async fn forms_for_hardware_agree_too() {
    let plain = ["few", "many"];
    for (stem, rounds, forms) in [
        ("matmul", None, &plain[..]),
        ("attention", None, &plain),
        ("matmul", Some(&HALF), &["half"]),
        ("matmul", Some(&INT8), &["bytes"]),
    ] {
        let mut gpu = Gpu::open(host()).await.unwrap();
        if let Some(rounds) = rounds {
            gpu = gpu.rounding(rounds);
        }
        gpu.act_as(On::Hardware);
        let op = OPS.iter().find(|o| o.stem == stem).unwrap();
        console_log!("{stem} with {:?}", gpu.caps().features);
        // Not every browser has what forms that round need.
        let there = |name: &&&str| gpu.forms(op).any(|f| f.name == **name);
        let mut left: BTreeMap<&str, i32> = forms.iter().filter(there).map(|f| (*f, 2)).collect();
        for seed in 0..200 {
            let case = (op.case)(&mut Rng::new(seed));
            let step = &case.rec.steps[0];
            let (params, kinds) = (step.resolve(&[]).unwrap(), case.rec.kinds(step));
            let form = gpu.form(op, &params, &kinds).unwrap();
            match left.get_mut(form) {
                Some(n) if *n > 0 => *n -= 1,
                _ => continue,
            }
            let start = js_sys::Date::now();
            let want = case.run(&Reference::default()).await.unwrap();
            let error = relative_error(&want[0], &case.run(&gpu).await.unwrap()[0], 0.0);
            console_log!("{stem}.{form}: {error:e} in {} ms", js_sys::Date::now() - start);
            let limit = op.tolerance_with(gpu.rounds(op, &params, &kinds)).limit;
            assert!(error <= limit, "{stem}.{form}: {error:e} at {}", case.name);
        }
        assert!(left.values().all(|n| *n == 0), "{stem}: {left:?}");
    }
}

#[wasm_bindgen_test]
async fn weights_may_come_in_shards() {
    let gpu = Gpu::open(host()).await.unwrap();
    gpu.cut_at(12_000);
    let mut rng = Rng::new(4);
    let mut case = Case::new("logits in shards".into());
    let x = case.numbers(&mut rng, 3 * 256);
    let w = case.matrix(&mut rng, Kind::Q4_1, 333, 256);
    let logits = case.rec.matmul(x, w, 256);
    let case = case.output(logits);
    let want = case.run(&Reference::default()).await.unwrap();
    assert!(relative_error(&want[0], &case.run(&gpu).await.unwrap()[0], 0.0) < 2e-5);
}

/// Random weights, bound to what a model names.
fn filled(rec: Recording, output: squint_ops::Buf) -> Case {
    let mut case = Case { name: "a model".into(), rec, inputs: vec![], outputs: vec![], typical: 0.0 };
    let mut rng = Rng::new(8);
    for i in 0..case.rec.bufs.len() {
        let def = &case.rec.bufs[i];
        if [Role::Weight, Role::Input, Role::State].contains(&def.role) {
            let scale = if def.cols == 0 { 1.0 } else { 1.0 / (def.cols as f32).sqrt() };
            let values: Vec<f32> = (0..def.len).map(|_| scale * rng.number()).collect();
            case.inputs.push((squint_ops::Buf(i as u32), def.kind.pack_all(&values)));
        }
    }
    case.output(output)
}

#[wasm_bindgen_test]
async fn a_layer_of_a_vit_agrees() {
    let gpu = Gpu::open(host()).await.unwrap();
    let (rec, y) = models::vit_ti(1).unwrap();
    let case = filled(rec, y);
    let want = case.run(&Reference::default()).await.unwrap();
    let error = relative_error(&want[0], &case.run(&gpu).await.unwrap()[0], 0.0);
    assert!(error < 1e-4, "{error:e}");
}

/// Milliseconds of the second run, read back.
async fn time(gpu: &Gpu, (mut rec, y): (Recording, squint_ops::Buf)) -> f64 {
    rec.output(y);
    let start = js_sys::Date::now();
    gpu.warm(&rec).await.unwrap();
    let warm = js_sys::Date::now();
    let ready = gpu.prepare(&rec, &[]).await.unwrap();
    console_log!("warm {} ms, prepared {} ms", warm - start, js_sys::Date::now() - warm);
    let mut last = 0.0;
    for _ in 0..3 {
        let start = js_sys::Date::now();
        gpu.run(&ready, &[]).await.unwrap();
        gpu.read(ready.handle(y)).await.unwrap();
        last = js_sys::Date::now() - start;
        console_log!("{} dispatches in {last} ms, {} MiB", rec.steps.len(), gpu.device_bytes() >> 20);
    }
    last
}

#[wasm_bindgen_test]
async fn a_vit_takes_seconds_not_minutes() {
    let gpu = Gpu::open(host()).await.unwrap();
    // Others compute beside us: a quiet machine takes a fraction of this.
    assert!(time(&gpu, models::vit_ti(12).unwrap()).await < 10_000.0);
}

#[wasm_bindgen_test]
async fn a_language_model_decodes() {
    let gpu = Gpu::open(host()).await.unwrap();
    assert!(time(&gpu, models::smollm2_step(128).unwrap()).await < 20_000.0);
}

#[wasm_bindgen_test]
async fn a_lost_device_is_an_error_and_another_one_works() {
    let gpu = Gpu::open(host()).await.unwrap();
    let case = (OPS[0].case)(&mut Rng::new(1));
    gpu.lose();
    assert_eq!(case.run(&gpu).await.err().map(|e| e.code), Some("device_lost"));
    let again = Gpu::open(host()).await.unwrap();
    assert!(case.run(&again).await.is_ok());
}

/// A driver may fail at any moment: here while a run of many stretches is under way.
#[wasm_bindgen_test]
async fn a_run_whose_device_goes_ends() {
    let gpu = Rc::new(Gpu::open(host()).await.unwrap());
    let (rec, _) = models::vit_ti(6).unwrap();
    let ready = gpu.prepare(&rec, &[]).await.unwrap();
    let other = gpu.clone();
    // Gets its turn when the run first waits.
    wasm_bindgen_futures::spawn_local(async move { other.lose() });
    assert_eq!(gpu.run(&ready, &[]).await.err().map(|e| e.code), Some("device_lost"));
}
