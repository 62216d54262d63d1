//! The Llama family against `transformers` on small random checkpoints as it saves them (scripts/golden/llama.py).

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use serde_json::Value;
use squint_engine::{Host, Model, Session};
use squint_ops::{Backend, Kind, Reference, case::relative_error};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Error, Source, source::File, source::Memory};
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
        for on in backends::everywhere() {
            let device = on.caps().device.clone();
            let error = error(&folder, on);
            println!("{}: {device}: {error:.1e}", folder.display());
            assert!(error < 1e-4, "{}: {device}: {error}", folder.display());
        }
    }
}

/// Logits of a fixture with another file of weights, or with other words in its configuration.
fn logits(
    name: &str,
    on: Rc<dyn Backend>,
    words: [&str; 2],
    weights: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Result<Vec<f32>, Error> {
    let folder = root().join("tests/fixtures/llama").join(name);
    let file = |file: &str| -> Option<Rc<dyn Source>> {
        let bytes = std::fs::read(folder.join(file)).ok()?;
        let bytes = match file {
            "config.json" => String::from_utf8(bytes).unwrap().replace(words[0], words[1]).into_bytes(),
            "model.safetensors" => weights(&bytes),
            _ => bytes,
        };
        Some(Rc::new(Memory::new(file, bytes)))
    };
    let checkpoint = Rc::new(block_on(Checkpoint::hf(&file))?);
    let model = Rc::new(block_on(Model::load(on, Host::native(), checkpoint, None, &mut |_, _| ()))?);
    let mut all = vec![];
    let mut session = Session::new(model, 16, Kind::F32)?;
    block_on(session.every(&[5, 40, 90, 1, 7, 7, 33], |rows| all.extend_from_slice(rows)))?;
    Ok(all)
}

/// Gate and up of one format and both with a bias are one product; otherwise two, and the same comes out.
#[test]
fn a_gate_with_biases_is_the_same_in_one_product_and_in_two() {
    for on in backends::everywhere() {
        let run = |weights: &dyn Fn(&[u8]) -> Vec<u8>| logits("biases", on.clone(), ["", ""], weights).unwrap();
        for part in ["up_proj.weight", "gate_proj.weight", "k_proj.weight"] {
            let [want, got] =
                [false, true].map(|stored| run(&|file| files::rounded(file, part, Kind::F16, stored).unwrap()));
            let error = relative_error(&want, &got, 0.0);
            assert!(error < 1e-5, "{part} on {}: {error}", on.caps().device);
        }
        // None is passed over.
        for part in ["gate_proj.bias", "up_proj.bias", "q_proj.bias"] {
            let quiet = |name: &str, numbers: Vec<f32>| {
                Some((Kind::F32, if name.contains(part) { vec![0.0; numbers.len()] } else { numbers }))
            };
            let [all, got] = [run(&|file| file.to_vec()), run(&|file| files::changed(file, &quiet).unwrap())];
            assert!(relative_error(&all, &got, 0.0) > 1e-3, "{part} is not heard on {}", on.caps().device);
        }
    }
}

/// A head that the configuration says is not the embedding has to be there.
#[test]
fn a_head_of_its_own_is_missed() {
    let reference = || Rc::new(Reference::default());
    let same = |file: &[u8]| file.to_vec();
    let e = logits("plain", reference(), [r#""tie_word_embeddings": true"#, r#""tie_word_embeddings": false"#], &same);
    let e = e.unwrap_err();
    assert!(e.code == "missing" && e.what.contains("lm_head.weight"), "{e}");
    assert!(logits("plain", reference(), ["", ""], &same).is_ok());
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
