//! Vision-language models against `transformers` on small random checkpoints as it saves them, with processors, tokenizers
//! and templates (scripts/golden/seeing.py), MobileVLM against PyTorch written from its card (seeing_mobile.py): from
//! picture files and a question to ids, logits and an answer.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::estimate::{Question, estimate};
use squint_engine::picture::{Picture, decode};
use squint_engine::session::CHUNK;
use squint_engine::sight::Seen;
use squint_engine::text::{Message, Part};
use squint_engine::{Choice, Host, Marks, Model, Prompt, Session, Sight, Words};
use squint_ops::{Backend, Kind, Null, Reference};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Error, Source, source::File, source::Memory};
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

const FIXTURES: usize = 10;
/// Tokens that every prompt here has room in.
const ROOM: usize = 1000;

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
                    let ids = whole.marks.ids(&whole.words, &prompt, &seen.pictures, None, ROOM).unwrap();
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

/// FLOPs of a model's parts by the formulas of the cards, and what `estimate` bills for them: encoder (rows, width, inside,
/// layers, patches, numbers of a patch), projector, language model (width, inside, layers, width of keys and values,
/// vocabulary), views, tokens of a picture.
struct Shape {
    name: &'static str,
    eye: [usize; 6],
    between: f64,
    tongue: [usize; 5],
    views: usize,
    tokens: usize,
}

const CLIP: [usize; 6] = [577, 1024, 4096, 23, 576, 588];
const SIGLIP: [usize; 6] = [1024, 768, 3072, 12, 1024, 768];

const fn layers(rows: usize, macs: usize) -> f64 {
    2.0 * rows as f64 * macs as f64
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "llava-1.5-7b",
        eye: CLIP,
        between: layers(576, 1024 * 4096 + 4096 * 4096),
        tongue: [4096, 11008, 32, 4096, 32064],
        views: 1,
        tokens: 576,
    },
    Shape {
        name: "smolvlm-256m",
        eye: SIGLIP,
        between: layers(64, 16 * 768 * 576),
        tongue: [576, 1536, 30, 192, 49280],
        views: 17,
        tokens: 1088,
    },
    Shape {
        name: "smolvlm-500m",
        eye: SIGLIP,
        between: layers(64, 16 * 768 * 960),
        tongue: [960, 2560, 32, 320, 49280],
        views: 17,
        tokens: 1088,
    },
    Shape {
        name: "mobilevlm-1.7b",
        eye: CLIP,
        between: layers(576, 1024 * 2048 + 2048 * 2048) + layers(720, 2048 * 2048),
        tongue: [2048, 5632, 24, 2048, 32000],
        views: 1,
        tokens: 144,
    },
    // The mean is taken before the second layer, which is the same.
    Shape {
        name: "mobilevlm-v2-1.7b",
        eye: CLIP,
        between: layers(576, 1024 * 2048) + layers(144, 2048 * 2048),
        tongue: [2048, 5632, 24, 2048, 32000],
        views: 1,
        tokens: 144,
    },
    Shape {
        name: "mobilevlm-v2-3b",
        eye: CLIP,
        between: layers(576, 1024 * 2560) + layers(144, 2560 * 2560),
        tongue: [2560, 6912, 32, 2560, 32000],
        views: 1,
        tokens: 144,
    },
];

#[test]
fn costs_are_those_of_the_cards() {
    for shape in SHAPES {
        let question = Question {
            prompt: 64,
            answer: 1,
            context: Some(2000),
            file: None,
            quant: "language=q4_0,vision=q8_0",
            resolution: None,
            layer: None,
        };
        let bill = estimate(shape.name, question).unwrap();
        let [rows, width, inner, deep, patches, cell] = shape.eye;
        let layer = layers(rows, 4 * width * width + 2 * width * inner) + layers(rows, 2 * rows * width);
        let eye = shape.views as f64 * (deep as f64 * layer + layers(patches, cell * width));
        let [width, inner, deep, groups, vocab] = shape.tongue;
        let all = shape.tokens + 64;
        // Keys are those read so far, a part of the prompt at a time.
        let seen: usize = (0..all).step_by(CHUNK).map(|at| CHUNK.min(all - at) * (at + CHUNK.min(all - at))).sum();
        let weights = 2 * width * width + 2 * width * groups + 3 * width * inner;
        let tongue = deep as f64 * (layers(all, weights) + layers(seen, 2 * width)) + layers(1, width * vocab);
        for (stage, want) in [("vision", eye), ("project", shape.views as f64 * shape.between), ("prefill", tongue)] {
            let got = bill.stages.iter().find(|s| s.name == stage).unwrap().flops as f64;
            println!("{} {stage}: {:.2} GFLOP, {:.2} by the card", shape.name, got / 1e9, want / 1e9);
            assert!((got / want - 1.0).abs() < 0.02, "{} {stage}: {got} and {want}", shape.name);
        }
        assert_eq!(bill.stages.iter().find(|s| s.name == "prefill").unwrap().tokens_in, all);
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
    for (from, to, says) in [
        ("\"ldpnet\"", "\"magic\"", "'mm_projector_type' is 'magic'"),
        ("\"patch\"", "\"cls\"", "'mm_vision_select_feature' is 'cls'"),
        ("\"mm_vision_select_layer\": -2", "\"mm_vision_select_layer\": -7", "no layer -7 among 3"),
    ] {
        let e = load("mobilevlm", [from, to]);
        assert!(e.what.contains(says), "{to}: {e}");
    }
    let whole = Whole::load(Rc::new(Reference::default()), directory("llava-clip-llama", ["", ""])).unwrap();
    let golden = Golden::all("llava-clip-llama").swap_remove(0);
    let seen = whole.see(&golden);
    let ids = |text: &str, pictures| {
        whole.marks.ids(&whole.words, &Prompt::Raw(text.into()), pictures, None, ROOM).map_err(|e| e.what)
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

/// Processors kept their template in JSON before they had a file of its own.
#[test]
fn older_templates_are_read() {
    let golden = Golden::all("llava-clip-llama").swap_remove(2);
    let template = std::fs::read_to_string(folder("llava-clip-llama").join("chat_template.jinja")).unwrap();
    let file = |name: &str| -> Option<Rc<dyn Source>> {
        match name {
            "chat_template.jinja" => None,
            "chat_template.json" => {
                let json = serde_json::json!({"chat_template": template}).to_string();
                Some(Rc::new(Memory::new(name.to_owned(), json.into_bytes())))
            }
            _ => Some(Rc::new(File::open(&folder("llava-clip-llama").join(name)).ok()?)),
        }
    };
    let words = Words::of(&block_on(Checkpoint::hf(&file)).unwrap()).unwrap();
    let [chat, _] = golden.prompts();
    assert_eq!(words.ids(&chat, None, ROOM).unwrap(), golden.ids[1..golden.prompt]);
}
