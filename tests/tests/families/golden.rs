//! What `transformers` said of a small model, and whether one that was loaded says the same.

use pollster::block_on;
use serde_json::Value;
use squint_engine::{Choice, Host, Model, Session};
use squint_ops::{Backend, Kind};
use squint_weights::{Checkpoint, Error, source::Memory};
use std::{path::Path, rc::Rc};

pub fn gguf(bytes: Vec<u8>) -> Checkpoint {
    block_on(Checkpoint::gguf(Rc::new(Memory::new("converted.gguf", bytes)))).unwrap()
}

pub fn load(checkpoint: Checkpoint, on: Rc<dyn Backend>) -> Result<Rc<Model>, Error> {
    block_on(Model::load(on, Host::native(), Rc::new(checkpoint), None, &mut |_, _| ())).map(Rc::new)
}

pub struct Golden {
    pub prompt: usize,
    pub ids: Vec<u32>,
    pub best: Vec<usize>,
    every: usize,
    pub logits: Vec<Vec<f32>>,
}

impl Golden {
    pub fn read(folder: &Path) -> Golden {
        let golden: Value = serde_json::from_slice(&std::fs::read(folder.join("golden.json")).unwrap()).unwrap();
        let whole = |key: &str| golden[key].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        let rows = golden["logits"].as_array().unwrap().iter();
        let row = |r: &Value| r.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect();
        let ids: Vec<usize> = whole("ids");
        Golden {
            prompt: golden["prompt"].as_u64().unwrap() as usize,
            ids: ids.iter().map(|id| *id as u32).collect(),
            best: whole("best"),
            every: golden["every"].as_u64().unwrap() as usize,
            logits: rows.map(row).collect(),
        }
    }
}

pub fn rows(model: &Rc<Model>, ids: &[u32]) -> Vec<Vec<f32>> {
    let (mut all, vocab) = (vec![], model.sizes.vocab);
    let mut session = Session::new(model.clone(), ids.len(), Kind::F32).unwrap();
    block_on(session.every(ids, |rows| all.extend(rows.chunks_exact(vocab).map(<[f32]>::to_vec)))).unwrap();
    all
}

fn best(row: &[f32]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

/// Logits, the likeliest id at every position, and the answer that always takes it.
pub fn like_golden(what: &str, model: &Rc<Model>, golden: &Golden) {
    let got = rows(model, &golden.ids);
    assert_eq!(got.iter().map(|r| best(r)).collect::<Vec<_>>(), golden.best, "{what}");
    let pairs = golden.logits.iter().zip(got.iter().step_by(golden.every));
    let (mut off, mut all) = (0.0, 0.0);
    for (want, got) in pairs {
        off += want.iter().zip(got).map(|(w, g)| ((w - g) as f64).powi(2)).sum::<f64>();
        all += want.iter().map(|w| (*w as f64).powi(2)).sum::<f64>();
    }
    let error = (off / all).sqrt() as f32;
    println!("{what}: {error:.1e}");
    assert!(error < 1e-4, "{what}: {error}");

    let (prompt, answer) = golden.ids.split_at(golden.prompt);
    let mut session = Session::new(model.clone(), golden.ids.len(), Kind::F32).unwrap();
    block_on(session.prefill(prompt)).unwrap();
    let mut said = vec![];
    while said.len() < answer.len() {
        said.extend(block_on(session.next(Choice::GREEDY, answer.len() - said.len())).unwrap());
    }
    assert_eq!(said, answer, "{what}");
}
