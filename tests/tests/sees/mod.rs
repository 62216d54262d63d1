//! What suites of vision-language models share: what others make of prompts with pictures, and a model that is asked the
//! same.

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::picture::{Picture, Showing, decode};
use squint_engine::sight::Seen;
use squint_engine::text::{Message, Part};
use squint_engine::{Choice, Host, Marks, Model, Prompt, Session, Sight, Words};
use squint_ops::{Backend, Kind, Reference};
use squint_tests::{backends, tree::root};
use squint_weights::{Checkpoint, Error};
use std::{path::Path, rc::Rc};

#[derive(serde::Deserialize)]
pub struct Golden {
    /// What the user asks, and the same as the template writes it.
    pub text: String,
    pub raw: String,
    pub pictures: Vec<String>,
    /// Ids of the prompt, of all.
    pub prompt: usize,
    pub ids: Vec<u32>,
    /// Likeliest after each.
    pub best: Vec<usize>,
    /// What the ids after the prompt say.
    pub said: String,
    pub rows: Vec<Row>,
}

#[derive(serde::Deserialize)]
pub struct Row {
    pub at: usize,
    pub logits: Vec<f32>,
}

impl Golden {
    /// Those of a fixture.
    pub fn all(folder: &Path) -> Vec<Golden> {
        serde_json::from_slice(&std::fs::read(folder.join("golden.json")).unwrap()).unwrap()
    }
    pub fn pictures(&self) -> Vec<Picture> {
        self.pictures.iter().map(|name| picture(name)).collect()
    }
    /// The question as a conversation, and as the template writes it.
    pub fn prompts(&self) -> [Prompt; 2] {
        let mut parts = vec![Part::Image; self.pictures.len()];
        parts.push(Part::Text { text: self.text.clone() });
        [Prompt::Chat(vec![Message::parts("user", parts)]), Prompt::Raw(self.raw.clone())]
    }
}

pub fn picture(name: &str) -> Picture {
    let bytes = std::fs::read(root().join("tests/fixtures/pictures").join(name)).unwrap();
    block_on(decode(name, &bytes, &Host::native())).unwrap()
}

/// Tokens that every prompt here has room in.
pub const ROOM: usize = 1000;

/// Those that round nothing they need not, and how far they may be off.
pub fn exact() -> Vec<(Rc<dyn Backend>, f64)> {
    let mut all: Vec<(Rc<dyn Backend>, f64)> = vec![(Rc::new(Reference::default()), 1e-4)];
    let cpus = Isa::available().into_iter().map(|isa| Cpu::new(Host::native(), isa, 3).exact());
    all.extend(cpus.map(|c| (Rc::new(c) as Rc<dyn Backend>, 2e-3)));
    all.extend(block_on(backends::gpu()).map(|g| (Rc::new(g) as Rc<dyn Backend>, 2e-3)));
    all
}

/// A model that sees, its words and where pictures stand in them.
pub struct Whole {
    pub model: Rc<Model>,
    pub sight: Sight,
    pub words: Words,
    pub marks: Marks,
}

impl Whole {
    pub fn load(on: Rc<dyn Backend>, checkpoint: Checkpoint) -> Result<Whole, Error> {
        Whole::showing(on, checkpoint, Showing::default())
    }

    pub fn showing(on: Rc<dyn Backend>, checkpoint: Checkpoint, how: Showing) -> Result<Whole, Error> {
        let checkpoint = Rc::new(checkpoint);
        let host = Host::native;
        let sight = block_on(Sight::load(on.clone(), host(), (&checkpoint, how), [None; 2], &mut |_, _| ()))?;
        let model = Rc::new(block_on(Model::load(on, host(), checkpoint.clone(), None, &mut |_, _| ()))?);
        let (words, marks) = (Words::of(&checkpoint)?, Marks::of(&checkpoint, how)?.unwrap());
        Ok(Whole { model, sight, words, marks })
    }

    pub fn see(&self, golden: &Golden) -> Seen {
        block_on(self.sight.see(&golden.pictures())).unwrap()
    }

    /// A session that has seen, and ids with the rows it has seen in them.
    pub fn session(&self, golden: &Golden, seen: &Seen, ids: &[u32]) -> (Session, Vec<u32>) {
        let mut session = Session::new(self.model.clone(), golden.ids.len(), Kind::F32).unwrap();
        let numbers = if seen.rows.is_empty() { 0..0 } else { session.show(&seen.rows).unwrap() };
        let placed = self.marks.placed(ids, numbers).unwrap();
        (session, placed)
    }

    /// Logits after every id.
    pub fn every(&self, golden: &Golden) -> Vec<Vec<f32>> {
        let (mut session, placed) = self.session(golden, &self.see(golden), &golden.ids);
        let (mut all, vocab) = (vec![], self.model.sizes.vocab);
        block_on(session.every(&placed, |rows| all.extend(rows.chunks_exact(vocab).map(<[f32]>::to_vec)))).unwrap();
        all
    }

    /// Ids, logits, likeliest tokens and the answer are those expected.
    pub fn held(&self, golden: &Golden, most: f64, name: &str) {
        let what = format!("{name}, {:?} on {}", golden.pictures, self.model.backend.caps().device);
        let seen = self.see(golden);
        for prompt in golden.prompts() {
            let ids = self.marks.ids(&self.words, &prompt, &seen.pictures, None, ROOM).unwrap();
            assert_eq!(ids, golden.ids[..golden.prompt], "{what}");
        }
        let got = self.every(golden);
        let error = off(golden.rows.iter().map(|row| (&row.logits[..], &got[row.at][..])));
        println!("{what}: {error:.1e}");
        assert!(error <= most, "{what}: {error:e}");
        assert_eq!(got.iter().map(|row| best(row)).collect::<Vec<_>>(), golden.best, "{what}");

        let (prompt, answer) = golden.ids.split_at(golden.prompt);
        let (mut session, placed) = self.session(golden, &seen, prompt);
        block_on(session.prefill(&placed)).unwrap();
        let mut said = vec![];
        while said.len() < answer.len() {
            said.extend(block_on(session.next(Choice::GREEDY, answer.len() - said.len())).unwrap());
        }
        assert_eq!(said, answer, "{what}");
        assert_eq!(self.words.tokenizer.decode(&said, true), golden.said, "{what}");
    }
}

pub fn best(row: &[f32]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

/// ‖got − want‖ / ‖want‖ over several rows.
pub fn off<'a>(pairs: impl Iterator<Item = (&'a [f32], &'a [f32])>) -> f64 {
    let (mut off, mut all) = (0.0, 0.0);
    for (want, got) in pairs {
        assert_eq!(want.len(), got.len());
        off += want.iter().zip(got).map(|(w, g)| ((w - g) as f64).powi(2)).sum::<f64>();
        all += want.iter().map(|w| (*w as f64).powi(2)).sum::<f64>();
    }
    (off / all).sqrt()
}
