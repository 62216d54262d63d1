//! How fast the kernels are, per step of the shapes that matter. A measurement, so ignored unless asked for:
//! `cargo test --release -p squint-cpu --test speed -- --ignored --nocapture`, and the same in a browser with the wasm
//! runner that scripts/test sets up and `--include-ignored`, one test at a time: its driver gives up on a page that is busy
//! for long.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed measurement")]

use squint_cpu::{Cpu, Isa};
use squint_ops::op::{Rope, Sight, Span};
use squint_ops::{Backend, Host, Kind, Recording, Role, WEIGHTS};
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn now<T>(future: impl Future<Output = T>) -> T {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the cpu backend waits for something"),
    }
}

/// Milliseconds from any moment; a browser's `Date` is too coarse.
fn ms() -> f64 {
    #[cfg(target_arch = "wasm32")]
    {
        let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).unwrap();
        let now: js_sys::Function = js_sys::Reflect::get(&performance, &"now".into()).unwrap().into();
        now.call0(&performance).unwrap().as_f64().unwrap()
    }
    #[cfg(not(target_arch = "wasm32"))]
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64() * 1e3)
}

fn say(text: String) {
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{text}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{text}");
}

/// Milliseconds of one run: the best of several stretches, because others use the machine too.
fn time(on: &Cpu, rec: &Recording) -> f64 {
    let ready = now(on.prepare(rec, &[])).unwrap();
    for (i, def) in
        rec.bufs.iter().enumerate().filter(|(_, d)| d.kind == Kind::F32 && d.cols == 0 && d.role == Role::Input)
    {
        let values: Vec<f32> = (0..def.len).map(|k| (k * 7 % 31) as f32 / 16.0 - 1.0).collect();
        on.write(&ready.handles[i], 0, &Kind::F32.pack_all(&values)).unwrap();
    }
    let (mut best, first) = (f64::MAX, ms());
    // Forty stretches, or as many as three seconds hold.
    for _ in 0..40 {
        if ms() - first > 3000.0 {
            break;
        }
        let start = ms();
        let mut runs = 0;
        while runs == 0 || ms() - start < 8.0 {
            now(on.run(&ready, &[])).unwrap();
            runs += 1;
        }
        best = best.min((ms() - start) / runs as f64);
    }
    best
}

fn matmul(on: &Cpu, kind: Kind, [rows, outs, depth]: [usize; 3]) {
    let mut rec = Recording::default();
    let x = rec.input("x", Kind::F32, rows * depth);
    let w = rec.matrix("w", kind, outs, depth);
    let y = rec.matmul(x, w, depth);
    rec.output(y);
    let ms = time(on, &rec);
    let ops = 2.0 * (rows * outs * depth) as f64 / ms / 1e6;
    let read = kind.bytes_of(outs * depth) as f64 / ms / 1e6;
    let device = &on.caps().device;
    say(format!(
        "{device}: matmul {rows}×{outs}×{depth} {kind:?}: {ms:.3} ms, {ops:.0} GOP/s, {read:.1} GB/s of file bytes"
    ));
}

fn integers() -> impl Iterator<Item = Kind> {
    WEIGHTS.iter().copied().filter(|kind| kind.codes.is_some())
}

fn cpus() -> Vec<Cpu> {
    let host = Host { now: Rc::new(|| 0.0), pause: Rc::new(|| Box::pin(std::future::ready(()))) };
    let threads = if cfg!(target_arch = "wasm32") { vec![1] } else { vec![1, 2] };
    threads.into_iter().map(|n| Cpu::new(host.clone(), Isa::best(), n)).collect()
}

/// Steps of SmolLM2-135M at 200 tokens and at one, and of ViT-Ti, other than products with weights.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[ignore = "a measurement"]
fn speed_of_the_rest() {
    for cpu in cpus() {
        let device = &cpu.caps().device;
        for (name, rows, keys, heads, groups, kind, causal) in [
            ("prefill", 200, 200, 9, 3, Kind::F16, true),
            ("decode", 1, 256, 9, 3, Kind::F16, true),
            ("vit", 197, 197, 3, 3, Kind::F32, false),
        ] {
            let mut rec = Recording::default();
            let q = rec.input("q", Kind::F32, rows * heads * 64);
            let [k, v] = [0; 2].map(|_| rec.buffer("cache", Role::State, kind, groups * keys * 64));
            let sight = Sight { keys: (keys as u32).into(), start: ((keys - rows) as u32).into(), causal, prefix: 0 };
            let y = rec.attention(q, [k, v], None, [heads, groups, 64], sight);
            rec.output(y);
            let ms = time(&cpu, &rec);
            let all = 4.0 * (rows * keys * heads * 64) as f64 / ms / 1e6;
            say(format!("{device}: attention of {name}: {:.1} us, {all:.1} GFLOP/s of the full rectangle", ms * 1e3));
        }
        let one = |name: &str, record: &dyn Fn(&mut Recording)| {
            let mut rec = Recording::default();
            record(&mut rec);
            say(format!("{device}: {name}: {:.1} us", time(&cpu, &rec) * 1e3));
        };
        for rows in [200, 1] {
            let x = |rec: &mut Recording, cols| rec.input("x", Kind::F32, rows * cols);
            one(&format!("silu {rows}×1536 gated"), &|rec| {
                let x = x(rec, 3072);
                rec.activate(x, 1536, "silu", true).unwrap();
            });
            one(&format!("gate and up {rows}×2·1536×576 q4_1 and silu, in one"), &|rec| {
                let (x, w) = (x(rec, 576), rec.matrix("w", Kind::Q4_1, 3072, 576));
                rec.matmul_gated(x, w, 576, "silu").unwrap();
            });
            one(&format!("the same as two steps, {rows} rows"), &|rec| {
                let (x, w) = (x(rec, 576), rec.matrix("w", Kind::Q4_1, 3072, 576));
                let both = rec.matmul(x, w, 576);
                rec.activate(both, 1536, "silu", true).unwrap();
            });
            one(&format!("add {rows}×576"), &|rec| {
                let (a, b) = (x(rec, 576), x(rec, 576));
                rec.add(a, b);
            });
            one(&format!("rms_norm {rows}×576"), &|rec| {
                let (x, w) = (x(rec, 576), rec.input("w", Kind::F32, 576));
                rec.rms_norm(x, w, 1e-5);
            });
            one(&format!("add_norm {rows}×576"), &|rec| {
                let (a, b, w) = (x(rec, 576), x(rec, 576), rec.input("w", Kind::F32, 576));
                let sum = rec.add(a, b);
                rec.rms_norm(sum, w, 1e-5);
            });
            one(&format!("rope_write {rows}×(9+3+3)×64"), &|rec| {
                let (x, pos) = (x(rec, 960), rec.input("pos", Kind::U32, rows));
                let table = rec.input("table", Kind::F32, 32);
                let caches = [0; 2].map(|_| rec.buffer("cache", Role::State, Kind::F16, 256 * 192));
                let how = Rope { rotated: 64, side_by_side: false, gain: 1.0 };
                rec.rope_write(x, (pos, table), caches, [9, 3, 64], how, 0u32.into());
            });
            one(&format!("rope {rows}×9×64"), &|rec| {
                let (x, pos) = (x(rec, 576), rec.input("pos", Kind::U32, rows));
                let table = rec.input("table", Kind::F32, 32);
                rec.rope(x, pos, table, 64, Rope { rotated: 64, side_by_side: false, gain: 1.0 });
            });
            one(&format!("kv_write {rows}×3×64"), &|rec| {
                let x = x(rec, 192);
                let cache = rec.buffer("cache", Role::State, Kind::F16, 256 * 192);
                rec.kv_write(x, Span { at: 0.into(), step: 192 }, cache, [3, 64], 0u32.into());
            });
        }
        one("gelu 197×768", &|rec| {
            let x = rec.input("x", Kind::F32, 197 * 768);
            rec.activate(x, 768, "gelu", false).unwrap();
        });
        one("layer_norm 197×192", &|rec| {
            let [x, w, b] = [197 * 192, 192, 192].map(|n| rec.input("x", Kind::F32, n));
            rec.layer_norm(x, w, b, 1e-6);
        });
        one("add of a bias 197×768", &|rec| {
            let [x, b] = [197 * 768, 768].map(|n| rec.input("x", Kind::F32, n));
            rec.add(x, b);
        });
        one("rounding 197×768 to 8 bits, and 16 outputs", &|rec| {
            let (x, w) = (rec.input("x", Kind::F32, 197 * 768), rec.matrix("w", Kind::Q8_0, 16, 768));
            rec.matmul(x, w, 768);
        });
        one("argmax 49152", &|rec| {
            let x = rec.input("x", Kind::F32, 49152);
            rec.argmax(x, 49152);
        });
        one("embed 200×576 q4_1", &|rec| {
            let (ids, w) = (rec.input("ids", Kind::U32, 200), rec.matrix("w", Kind::Q4_1, 256, 576));
            rec.embed(ids, w, 576);
        });
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[ignore = "a measurement"]
fn speed_of_matmul() {
    for cpu in cpus() {
        for kind in [Kind::Q4_1, Kind::Q8_0, Kind::Q6_K] {
            for shape in [[200, 576, 576], [200, 1536, 576], [200, 576, 1536]] {
                matmul(
                    &cpu,
                    kind,
                    if kind == Kind::Q6_K { shape.map(|n: usize| n.next_multiple_of(256)) } else { shape },
                );
            }
            let depth = 576usize.next_multiple_of(kind.block);
            matmul(&cpu, kind, [1, 576, depth]);
            matmul(&cpu, kind, [1, 49152, depth]);
        }
        matmul(&cpu, Kind::F16, [1, 49152, 576]);
        for kind in [Kind::F32, Kind::Q8_0] {
            for shape in [[197, 576, 192], [197, 768, 192], [197, 192, 768], [1, 1000, 192], [1, 49152, 576]] {
                matmul(&cpu, kind, shape);
            }
        }
    }
}

/// Every format of integers at a model's shapes: a prompt, a token whose weight lies in a near cache, and one whose weight
/// comes from memory.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[ignore = "a measurement"]
fn speed_of_formats() {
    for cpu in cpus() {
        for kind in integers() {
            for shape in [[200, 768, 1536], [1, 768, 1536], [1, 49152, 768]] {
                matmul(&cpu, kind, shape);
            }
        }
    }
}

/// All steps of SmolLM2-135M for `rows` tokens, the head for the last one only.
fn smollm(rows: usize, keys: usize) -> Recording {
    let mut rec = Recording::default();
    let how = Rope { rotated: 64, side_by_side: false, gain: 1.0 };
    let turns = rec.weight("turns", Kind::F32, 32);
    let sight = |keys: usize| Sight {
        keys: (keys as u32).into(),
        start: ((keys - rows) as u32).into(),
        causal: true,
        prefix: 0,
    };
    let (ids, pos) = (rec.input("ids", Kind::U32, rows), rec.input("pos", Kind::U32, rows));
    let table = rec.matrix("table", Kind::Q4_1, 49152, 576);
    let norm = rec.weight("norm", Kind::F32, 576);
    let mut x = rec.embed(ids, table, 576);
    let linear = |rec: &mut Recording, x, outs, depth| {
        let w = rec.matrix("w", Kind::Q4_1, outs, depth);
        rec.matmul(x, w, depth)
    };
    for _ in 0..30 {
        let h = rec.rms_norm(x, norm, 1e-5);
        let all = linear(&mut rec, h, 960, 576);
        let caches = [0; 2].map(|_| rec.buffer("cache", Role::State, Kind::F16, keys * 192));
        let q = rec.rope_write(all, (pos, turns), caches, [9, 3, 64], how, ((keys - rows) as u32).into());
        let mixed = rec.attention(q, caches, None, [9, 3, 64], sight(keys));
        let out = linear(&mut rec, mixed, 576, 576);
        x = rec.add(x, out);
        let h = rec.rms_norm(x, norm, 1e-5);
        let w = rec.matrix("w", Kind::Q4_1, 3072, 576);
        let h = rec.matmul_gated(h, w, 576, "silu").unwrap();
        let out = linear(&mut rec, h, 576, 1536);
        x = rec.add(x, out);
    }
    if rows == 1 {
        let x = rec.rms_norm(x, norm, 1e-5);
        let logits = rec.matmul(x, table, 576);
        let id = rec.argmax(logits, 49152);
        rec.output(id);
    }
    rec
}

/// All steps of ViT-Ti/16 on 224² from its patches' rows on.
fn vit(kind: Kind) -> Recording {
    let (rows, cols, mut rec) = (197, 192, Recording::default());
    let linear = |rec: &mut Recording, x, outs, depth| {
        let (w, b) = (rec.matrix("w", kind, outs, depth), rec.weight("b", Kind::F32, outs));
        let y = rec.matmul(x, w, depth);
        rec.add(y, b)
    };
    let norm = [0; 2].map(|_| rec.weight("norm", Kind::F32, cols));
    let patches = rec.input("x", Kind::F32, rows * 768);
    let mut x = linear(&mut rec, patches, cols, 768);
    for _ in 0..12 {
        let h = rec.layer_norm(x, norm[0], norm[1], 1e-6);
        let all = linear(&mut rec, h, 3 * cols, cols);
        let q = rec.columns(all, 3 * cols, 0, cols);
        let caches = [1u32, 2].map(|part| {
            let cache = rec.temp(rows * cols);
            let from = Span { at: (part * 192).into(), step: 3 * cols };
            rec.kv_write(all, from, cache, [3, 64], 0u32.into());
            cache
        });
        let sight = Sight { keys: (rows as u32).into(), start: 0u32.into(), causal: false, prefix: 0 };
        let mixed = rec.attention(q, caches, None, [3, 3, 64], sight);
        let out = linear(&mut rec, mixed, cols, cols);
        x = rec.add(x, out);
        let h = rec.layer_norm(x, norm[0], norm[1], 1e-6);
        let h = linear(&mut rec, h, 4 * cols, cols);
        let h = rec.activate(h, 4 * cols, "gelu", false).unwrap();
        let out = linear(&mut rec, h, cols, 4 * cols);
        x = rec.add(x, out);
    }
    rec.output(x);
    rec
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[ignore = "a measurement"]
fn speed_of_whole_models() {
    for cpu in cpus() {
        let device = &cpu.caps().device;
        let ms = time(&cpu, &smollm(200, 256));
        say(format!("{device}: SmolLM2 shapes, prefill of 200: {ms:.1} ms, {:.0} tokens/s", 2e5 / ms));
        let ms = time(&cpu, &smollm(1, 256));
        say(format!("{device}: SmolLM2 shapes, decode at 256: {ms:.2} ms, {:.0} tokens/s", 1e3 / ms));
        for kind in [Kind::F32, Kind::Q8_0] {
            say(format!("{device}: ViT-Ti shapes {kind:?}: {:.1} ms", time(&cpu, &vit(kind))));
        }
    }
}
