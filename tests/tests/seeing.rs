//! Vision-language models against `transformers` on small random checkpoints as it saves them, with processors, tokenizers
//! and templates (scripts/golden/seeing.py): from picture files and a question to ids, logits and an answer.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::picture::{Picture, decode};
use squint_engine::sight::Seen;
use squint_engine::text::{Message, Part};
use squint_engine::{Choice, Host, Marks, Model, Prompt, Session, Sight, Words};
use squint_ops::{Backend, Kind, Null, Reference};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Error};
use std::{path::PathBuf, rc::Rc};

#[derive(serde::Deserialize)]
struct Golden {
    /// What the user asks, and the same as the template writes it.
    text: String,
    raw: String,
    pictures: Vec<String>,
    /// Ids of the prompt, of all.
    prompt: usize,
    ids: Vec<u32>,
    /// Likeliest after each.
    best: Vec<usize>,
    /// What the ids after the prompt say.
    said: String,
    rows: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    at: usize,
    logits: Vec<f32>,
}

impl Golden {
    fn all(name: &str) -> Vec<Golden> {
        serde_json::from_slice(&std::fs::read(folder(name).join("golden.json")).unwrap()).unwrap()
    }
    fn pictures(&self) -> Vec<Picture> {
        self.pictures.iter().map(|name| picture(name)).collect()
    }
    /// The question as a conversation, and as the template writes it.
    fn prompts(&self) -> [Prompt; 2] {
        let mut parts = vec![Part::Image; self.pictures.len()];
        parts.push(Part::Text { text: self.text.clone() });
        [Prompt::Chat(vec![Message::parts("user", parts)]), Prompt::Raw(self.raw.clone())]
    }
}

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/seeing").join(name)
}

fn picture(name: &str) -> Picture {
    decode(name, &std::fs::read(root().join("tests/fixtures/pictures").join(name)).unwrap()).unwrap()
}

fn names() -> Vec<String> {
    let all = std::fs::read_dir(folder("")).unwrap();
    let mut names: Vec<String> = all.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), FIXTURES);
    names
}

const FIXTURES: usize = 8;

/// A fixture, with other words in its configuration.
fn directory(name: &str, words: [&str; 2]) -> Checkpoint {
    files::directory(&folder(name), words).unwrap()
}

/// Those that round nothing they need not, and how far they may be off.
fn exact() -> Vec<(Rc<dyn Backend>, f64)> {
    let mut all: Vec<(Rc<dyn Backend>, f64)> = vec![(Rc::new(Reference::default()), 1e-4)];
    let cpus = Isa::available().into_iter().map(|isa| Cpu::new(Host::native(), isa, 3).exact());
    all.extend(cpus.map(|c| (Rc::new(c) as Rc<dyn Backend>, 2e-3)));
    all.extend(block_on(backends::gpu()).map(|g| (Rc::new(g) as Rc<dyn Backend>, 2e-3)));
    all
}

/// A model that sees, its words and where pictures stand in them.
struct Whole {
    model: Rc<Model>,
    sight: Sight,
    words: Words,
    marks: Marks,
}

impl Whole {
    fn load(on: Rc<dyn Backend>, checkpoint: Checkpoint) -> Result<Whole, Error> {
        let checkpoint = Rc::new(checkpoint);
        let host = Host::native;
        let sight = block_on(Sight::load(on.clone(), host(), &checkpoint, [None; 2], &mut |_, _| ()))?;
        let model = Rc::new(block_on(Model::load(on, host(), checkpoint.clone(), None, &mut |_, _| ()))?);
        let (words, marks) = (Words::of(&checkpoint)?, Marks::of(&checkpoint)?.unwrap());
        Ok(Whole { model, sight, words, marks })
    }

    fn see(&self, golden: &Golden) -> Seen {
        block_on(self.sight.see(&golden.pictures())).unwrap()
    }

    /// A session that has seen, and ids with the rows it has seen in them.
    fn session(&self, golden: &Golden, seen: &Seen, ids: &[u32]) -> (Session, Vec<u32>) {
        let mut session = Session::new(self.model.clone(), golden.ids.len(), Kind::F32).unwrap();
        let numbers = if seen.rows.is_empty() { 0..0 } else { session.show(&seen.rows).unwrap() };
        let placed = self.marks.placed(ids, numbers).unwrap();
        (session, placed)
    }

    /// Logits after every id.
    fn every(&self, golden: &Golden) -> Vec<Vec<f32>> {
        let (mut session, placed) = self.session(golden, &self.see(golden), &golden.ids);
        let (mut all, vocab) = (vec![], self.model.sizes.vocab);
        block_on(session.every(&placed, |rows| all.extend(rows.chunks_exact(vocab).map(<[f32]>::to_vec)))).unwrap();
        all
    }
}

fn best(row: &[f32]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

/// ‖got − want‖ / ‖want‖ over several rows.
fn off<'a>(pairs: impl Iterator<Item = (&'a [f32], &'a [f32])>) -> f64 {
    let (mut off, mut all) = (0.0, 0.0);
    for (want, got) in pairs {
        assert_eq!(want.len(), got.len());
        off += want.iter().zip(got).map(|(w, g)| ((w - g) as f64).powi(2)).sum::<f64>();
        all += want.iter().map(|w| (*w as f64).powi(2)).sum::<f64>();
    }
    (off / all).sqrt()
}

#[test]
fn pictures_and_questions_become_what_transformers_makes_of_them() {
    for (on, most) in exact() {
        for name in names() {
            let whole = Whole::load(on.clone(), directory(&name, ["", ""])).unwrap_or_else(|e| panic!("{name}: {e}"));
            for golden in Golden::all(&name) {
                let what = format!("{name}, {:?} on {}", golden.pictures, on.caps().device);
                let seen = whole.see(&golden);
                for prompt in golden.prompts() {
                    let ids = whole.marks.ids(&whole.words, &prompt, &seen.pictures, None).unwrap();
                    assert_eq!(ids, golden.ids[..golden.prompt], "{what}");
                }
                let got = whole.every(&golden);
                let error = off(golden.rows.iter().map(|row| (&row.logits[..], &got[row.at][..])));
                println!("{what}: {error:.1e}");
                assert!(error <= most, "{what}: {error:e}");
                assert_eq!(got.iter().map(|row| best(row)).collect::<Vec<_>>(), golden.best, "{what}");

                let (prompt, answer) = golden.ids.split_at(golden.prompt);
                let (mut session, placed) = whole.session(&golden, &seen, prompt);
                block_on(session.prefill(&placed)).unwrap();
                let mut said = vec![];
                while said.len() < answer.len() {
                    said.extend(block_on(session.next(Choice::GREEDY, answer.len() - said.len())).unwrap());
                }
                assert_eq!(said, answer, "{what}");
                assert_eq!(whole.words.tokenizer.decode(&said, true), golden.said, "{what}");
            }
        }
    }
}

/// A prompt at once, cut in the middle of a picture, and id by id: the same logits.
#[test]
fn caches_change_nothing() {
    for (on, _) in exact() {
        for name in names() {
            let golden = Golden::all(&name).swap_remove(0);
            let whole = Whole::load(on.clone(), directory(&name, ["", ""])).unwrap();
            let want = whole.every(&golden);
            let (mut session, placed) = whole.session(&golden, &whole.see(&golden), &golden.ids);
            let same = |got: Vec<f32>, at: usize| {
                let error = off([(&want[at][..], &got[..])].into_iter());
                assert!(error < 1e-5, "{name} at {at} on {}: {error:e}", on.caps().device);
            };
            let middle = golden.rows[1].at + 2;
            for end in [middle, middle + 1, placed.len() - 2] {
                block_on(session.prefill(&placed[..end])).unwrap();
                same(block_on(session.logits()).unwrap(), end - 1);
            }
            for (at, id) in placed.iter().enumerate().skip(placed.len() - 2) {
                block_on(session.push(*id)).unwrap();
                same(block_on(session.logits()).unwrap(), at);
            }
        }
    }
}

/// Another picture is another answer, and the same one again is not looked at twice.
#[test]
fn what_is_seen_matters_and_is_kept() {
    for name in names() {
        let mut golden = Golden::all(&name).swap_remove(0);
        let whole = Whole::load(Rc::new(Reference::default()), directory(&name, ["", ""])).unwrap();
        let one = whole.every(&golden);
        let first = whole.see(&golden);
        let names = |seen: &Seen| seen.stages.iter().map(|s| (s.stage.name, s.reused)).collect::<Vec<_>>();
        assert_eq!(names(&first), [("preprocess", false), ("vision", true), ("project", true)], "{name}");
        golden.pictures = vec!["turn-6.png".into()];
        let other = whole.see(&golden);
        if other.rows.len() == first.rows.len() {
            assert_eq!(names(&other), [("preprocess", false), ("vision", false), ("project", false)], "{name}");
            let changed = off(one.iter().zip(&whole.every(&golden)).map(|(a, b)| (&a[..], &b[..])));
            assert!(changed > 1e-2, "{name}: {changed}");
        }
    }
}

#[test]
fn what_cannot_be_is_said() {
    let load = |name: &str, words: [&str; 2]| {
        Whole::load(Rc::new(Reference::default()), directory(name, words)).err().unwrap_or_else(|| panic!("{words:?}"))
    };
    for (name, from, to, says) in [
        (
            "llava-clip-llama",
            "select_strategy\": \"default\"",
            "select_strategy\": \"some\"",
            "'vision_feature_select_strategy' is 'some'",
        ),
        ("llava-clip-llama", "\"vision_feature_layer\": -2", "\"vision_feature_layer\": [-2, -1]", "is [-2,-1]"),
        ("llava-clip-llama", "\"vision_feature_layer\": -2", "\"vision_feature_layer\": -5", "no layer -5 among 3"),
        ("llava-clip-llama", "\"image_token_index\"", "\"image_word\"", "'image_token_index' says of no token"),
        ("llava-clip-llama", "\"model_type\": \"llama\"", "\"model_type\": \"mpt\"", "a 'mpt', which is not known"),
        (
            "llava-clip-llama",
            "\"image_size\": 20",
            "\"image_size\": 25",
            "makes pictures of 20×20, the model takes 25×25",
        ),
        ("llava-clip-llama", "\"projector_hidden_act\": \"gelu\"", "\"projector_hidden_act\": \"gulp\"", "gulp"),
    ] {
        let e = load(name, [from, to]);
        assert!(e.what.contains(says), "{name}, {to}: {e}");
    }
    let whole = Whole::load(Rc::new(Reference::default()), directory("llava-clip-llama", ["", ""])).unwrap();
    let golden = Golden::all("llava-clip-llama").swap_remove(0);
    let seen = whole.see(&golden);
    let ids = |text: &str, pictures| {
        whole.marks.ids(&whole.words, &Prompt::Raw(text.into()), pictures, None).map_err(|e| e.what)
    };
    assert!(ids("<image> and <image>", &seen.pictures).unwrap_err().contains("2 places for pictures, and there are 1"));
    assert!(ids("no picture", &seen.pictures).unwrap_err().contains("0 places for pictures, and there are 1"));
    assert!(ids("<image>", &[]).unwrap_err().contains("1 places for pictures, and there are 0"));
    let e = whole.marks.placed(&golden.ids, 300..305).unwrap_err();
    assert!(e.what.contains("16 rows of pictures, and there are 5") && e.hint.contains("the token 3"), "{e}");
    let text = files::directory(&root().join("tests/fixtures/llama/plain"), ["", ""]).unwrap();
    let e = block_on(Sight::load(Rc::new(Null::default()), Host::native(), &text, [None; 2], &mut |_, _| ())).err();
    let e = e.unwrap();
    assert!(e.what.contains("'LlamaForCausalLM' cannot see pictures") && e.hint.contains("LlavaFor"), "{e}");
    assert!(Marks::of(&text).unwrap().is_none());
}
