//! The first real model against `transformers` on the same weights (scripts/golden/smollm2.py). Needs the file that
//! scripts/models gets; says so where it is missing.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use serde_json::Value;
use squint_cpu::{Cpu, Isa};
use squint_engine::{Choice, Host, Model, Session};
use squint_ops::{Backend, Kind, On, Reference};
use squint_tests::{backends, backends::say, tree::root};
use squint_weights::{Checkpoint, source::File};
use std::rc::Rc;

const FILE: &str = ".models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

fn model(on: Rc<dyn Backend>) -> Option<Rc<Model>> {
    model_in(on, None)
}

/// With matrices in another format than the file's.
fn model_in(on: Rc<dyn Backend>, quant: Option<Kind>) -> Option<Rc<Model>> {
    let path = root().join(FILE);
    if !path.exists() {
        say(&format!("smollm2 tests ignored because {FILE} is missing: run scripts/models"));
        return None;
    }
    let checkpoint = Rc::new(block_on(Checkpoint::gguf(Rc::new(File::open(&path).unwrap()))).unwrap());
    Some(Rc::new(block_on(Model::load(on, Host::native(), checkpoint, quant, &mut |_, _| ())).unwrap()))
}

struct Golden(Value);

impl Golden {
    fn read() -> Golden {
        let text = std::fs::read_to_string(root().join("tests/fixtures/smollm2.json")).unwrap();
        Golden(serde_json::from_str(&text).unwrap())
    }
    fn list(&self, key: &str) -> Vec<u32> {
        self.0[key].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
    }
}

/// Shares of positions with the same likeliest id, and the largest error among the ten largest logits.
fn compare(on: Rc<dyn Backend>, tokens: usize, cache: Kind) -> Option<(f64, f64)> {
    let (golden, name) = (Golden::read(), on.caps().device.clone());
    let model = model(on)?;
    let vocab = model.sizes.vocab;
    let (ids, best) = (golden.list("ids"), golden.list("argmax"));
    let (mut at, mut same, mut worst) = (0, 0, 0f64);
    let mut session = Session::new(model, tokens, cache).unwrap();
    let each = |rows: &[f32]| {
        for row in rows.chunks_exact(vocab) {
            same += (likeliest(row) as u32 == best[at]) as usize;
            for pair in golden.0["top"][at.to_string()].as_array().into_iter().flatten() {
                let want = pair[1].as_f64().unwrap();
                worst = worst.max((row[pair[0].as_u64().unwrap() as usize] as f64 - want).abs());
            }
            at += 1;
        }
    };
    block_on(session.every(&ids[..tokens], each)).unwrap();
    let share = same as f64 / tokens as f64;
    say(&format!(
        "{name}: {same} of {tokens} positions agree with transformers, ten largest logits within {worst:.1e}"
    ));
    Some((share, worst))
}

#[test]
fn reference_is_transformers() {
    // The whole text takes the twins minutes: `squint logits --backend reference` on all of it is a release note's job.
    if let Some((share, worst)) = compare(Rc::new(Reference::default()), 60, Kind::F32) {
        assert!(share == 1.0 && worst < 1e-2, "{share}, {worst}");
    }
}

#[test]
fn cpu_with_exact_activations_is_transformers() {
    let golden = Golden::read();
    let cpu = Cpu::new(Host::native(), Isa::best(), 2).exact();
    if let Some((share, worst)) = compare(Rc::new(cpu), golden.list("ids").len(), Kind::F32) {
        assert!(share >= 0.999 && worst < 1e-2, "{share}, {worst}");
    }
}

/// Forms for hardware and for software, neither of which rounds anything, over exact caches.
#[test]
fn gpu_is_transformers() {
    for on in [On::Hardware, On::Software] {
        let Some(mut gpu) = block_on(backends::gpu()) else { return };
        gpu.act_as(on);
        // All 2,100 positions agree, too; in software they take minutes.
        if let Some((share, worst)) = compare(Rc::new(gpu), 130, Kind::F32) {
            assert!(share >= 0.999 && worst < 1e-2, "{on:?}: {share}, {worst}");
        }
    }
}

/// Over caches of half precision, which are what visitors have, logits move by a hundredth, and four of 2,100 positions
/// have another likeliest token; three on the cpu backend with exact activations. It is the caches, not the shaders.
#[test]
fn caches_of_half_precision_change_little() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    if let Some((share, worst)) = compare(Rc::new(gpu), 130, Kind::F16) {
        assert!(share >= 0.99 && worst < 5e-2, "{share}, {worst}");
    }
}

/// How much rounding activations to 8 bits changes what the model says, and to 16, where weights have 8.
#[test]
fn rounded_activations_change_little() {
    for (quant, most) in [(None, 0.01), (Some(Kind::Q8_0), 1e-5)] {
        let Some((share, mean)) = rounded(quant) else { return };
        assert!(share >= 0.98 && mean <= most, "{quant:?}: {share}, {mean}");
    }
}

/// Share of positions that agree, and mean divergence.
fn rounded(quant: Option<Kind>) -> Option<(f64, f64)> {
    const WINDOW: usize = 420;
    let ids = Golden::read().list("ids");
    let session = |cpu: Cpu| Some(Session::new(model_in(Rc::new(cpu), quant)?, WINDOW, Kind::F16).unwrap());
    let mut exact = session(Cpu::new(Host::native(), Isa::best(), 2).exact())?;
    let mut rounded = session(Cpu::new(Host::native(), Isa::best(), 2))?;
    let vocab = exact.model.sizes.vocab;
    let (mut same, mut apart) = (0, 0.0);
    for window in ids.chunks(WINDOW) {
        let all = |s: &mut Session| {
            let mut all = vec![];
            block_on(s.every(window, |rows| all.extend_from_slice(rows))).unwrap();
            all
        };
        let (p, q) = (all(&mut exact), all(&mut rounded));
        for (p, q) in p.chunks_exact(vocab).zip(q.chunks_exact(vocab)) {
            same += (likeliest(p) == likeliest(q)) as usize;
            apart += divergence(p, q);
        }
    }
    let mean = apart / ids.len() as f64;
    let kind = quant.map_or("the file's weights", |k| k.name);
    say(&format!("rounded activations, {kind}: {same} of {} positions agree, mean KL {mean:.2e}", ids.len()));
    Some((same as f64 / ids.len() as f64, mean))
}

/// The first of the largest.
fn likeliest(row: &[f32]) -> usize {
    (0..row.len()).rev().max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

/// KL divergence of the distributions that two rows of logits mean.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let log_sum = |row: &[f32]| {
        let most = row.iter().copied().fold(f32::MIN, f32::max) as f64;
        most + row.iter().map(|v| (*v as f64 - most).exp()).sum::<f64>().ln()
    };
    let (a, b) = (log_sum(p), log_sum(q));
    p.iter().zip(q).map(|(p, q)| (*p as f64 - a).exp() * ((*p as f64 - a) - (*q as f64 - b))).sum()
}

#[test]
fn greedy_answers_are_those_of_transformers() {
    let golden = Golden::read();
    let Some(model) = model(Rc::new(Cpu::new(Host::native(), Isa::best(), 2).exact())) else { return };
    let mut session = Session::new(model, 256, Kind::F16).unwrap();
    block_on(session.prefill(&golden.list("prompt"))).unwrap();
    let want = golden.list("greedy");
    let mut got = vec![];
    while got.len() < want.len() {
        got.extend(block_on(session.next(Choice::GREEDY, 4)).unwrap());
    }
    // Ids may part where the two largest logits are closer than rounding.
    let parted = got.iter().zip(&want).position(|(g, w)| g != w);
    let gap = |i: usize| golden.0["gaps"][i].as_f64().unwrap();
    assert!(parted.is_none_or(|i| gap(i) < 0.1), "parted at {parted:?}");
}
