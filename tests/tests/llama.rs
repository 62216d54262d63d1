//! The Llama family against `transformers` on small random checkpoints as it saves them (scripts/golden/llama.py).

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use serde_json::Value;
use squint_engine::{Host, Model, Session};
use squint_ops::{Backend, Kind, Reference, case::relative_error};
use squint_tests::{backends, tree::root};
use squint_weights::{Checkpoint, Source, source::File};
use std::{path::Path, rc::Rc};

fn load(folder: &Path, on: Rc<dyn Backend>) -> Rc<Model> {
    let file = |name: &str| File::open(&folder.join(name)).ok().map(|f| Rc::new(f) as Rc<dyn Source>);
    let checkpoint = Rc::new(block_on(Checkpoint::hf(&file)).unwrap());
    Rc::new(block_on(Model::load(on, Host::native(), checkpoint, None, &mut |_, _| ())).unwrap())
}

/// Worst relative error of the rows that the golden file has.
fn error(folder: &Path, on: Rc<dyn Backend>) -> f32 {
    let golden: Value = serde_json::from_slice(&std::fs::read(folder.join("golden.json")).unwrap()).unwrap();
    let numbers =
        |v: &Value| -> Vec<f32> { v.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect() };
    let ids: Vec<u32> = numbers(&golden["ids"]).iter().map(|id| *id as u32).collect();
    let model = load(folder, on);
    let vocab = model.sizes.vocab;
    let mut got = vec![];
    let mut session = Session::new(model, ids.len(), Kind::F32).unwrap();
    block_on(session.every(&ids, |rows| got.extend(rows.chunks_exact(vocab).map(<[f32]>::to_vec)))).unwrap();
    let every = golden["every"].as_u64().unwrap() as usize;
    let rows = golden["logits"].as_array().unwrap();
    rows.iter().zip(got.iter().step_by(every)).map(|(w, g)| relative_error(&numbers(w), g, 0.0)).fold(0.0, f32::max)
}

#[test]
fn every_variant_is_transformers() {
    let folders: Vec<_> =
        std::fs::read_dir(root().join("tests/fixtures/llama")).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(folders.len(), 4);
    for folder in folders {
        let mut all: Vec<Rc<dyn Backend>> = vec![Rc::new(Reference::default())];
        all.extend(backends::cpus().into_iter().map(|c| Rc::new(c) as Rc<dyn Backend>));
        all.extend(block_on(backends::gpu()).map(|g| Rc::new(g) as Rc<dyn Backend>));
        for on in all {
            let device = on.caps().device.clone();
            let error = error(&folder, on);
            println!("{}: {device}: {error:.1e}", folder.display());
            assert!(error < 1e-4, "{}: {device}: {error}", folder.display());
        }
    }
}

/// What a directory may lack or have too much of.
#[test]
fn a_directory_that_is_not_whole_is_refused() {
    let folder = root().join("tests/fixtures/llama/groups-sharded");
    let without = |gone: &'static str| {
        let folder = folder.clone();
        let file = move |name: &str| -> Option<Rc<dyn Source>> {
            if name == gone {
                return None;
            }
            Some(Rc::new(File::open(&folder.join(name)).ok()?))
        };
        block_on(Checkpoint::hf(&file)).map(drop).unwrap_err()
    };
    for gone in ["config.json", "model-00002-of-00002.safetensors"] {
        let e = without(gone);
        assert!(e.code == "missing" && e.what.contains(gone), "{e}");
    }
    assert!(without("model.safetensors.index.json").what.contains("model.safetensors"));
}
