//! Vision-language models against `transformers` on small random checkpoints as it saves them, with processors, tokenizers
//! and templates (scripts/golden/seeing.py), MobileVLM against PyTorch written from its card (seeing_mobile.py): from
//! picture files and a question to ids, logits and an answer.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

mod sees;

use pollster::block_on;
use sees::{Golden, ROOM, Whole, exact, off};
use squint_engine::estimate::{Of, Question, estimate};
use squint_engine::picture::Showing;
use squint_engine::sight::Seen;
use squint_engine::{Host, Marks, Prompt, Sight, Words};
use squint_models::vlm::CARDS;
use squint_ops::{Null, Reference};
use squint_tests::{files, tree::root};
use squint_weights::{Checkpoint, Source, source::File, source::Memory};
use std::{path::PathBuf, rc::Rc};

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/seeing").join(name)
}

fn goldens(name: &str) -> Vec<Golden> {
    Golden::all(&folder(name))
}

fn names() -> Vec<String> {
    let all = std::fs::read_dir(folder("")).unwrap();
    let mut names: Vec<String> = all.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), FIXTURES);
    names
}

const FIXTURES: usize = 12;
/// A fixture, with other words in its configuration.
fn directory(name: &str, words: [&str; 2]) -> Checkpoint {
    files::directory(&folder(name), words).unwrap()
}

#[test]
fn pictures_and_questions_become_what_transformers_makes_of_them() {
    for (on, most) in exact() {
        for name in names() {
            let whole = Whole::load(on.clone(), directory(&name, ["", ""])).unwrap_or_else(|e| panic!("{name}: {e}"));
            for golden in goldens(&name) {
                whole.held(&golden, most, &name);
            }
        }
    }
}

/// What is made of the same questions where pictures are shown otherwise (scripts/golden/seeing_shown.py).
#[derive(serde::Deserialize)]
struct Otherwise {
    resolution: Option<usize>,
    whole: bool,
    cases: Vec<Golden>,
}

#[test]
fn pictures_are_shown_at_other_resolutions_and_in_one_piece() {
    let mut ways = 0;
    for name in names() {
        let Ok(all) = std::fs::read(folder(&name).join("shown.json")) else { continue };
        for Otherwise { resolution, whole, cases } in serde_json::from_slice::<Vec<Otherwise>>(&all).unwrap() {
            ways += 1;
            for (on, most) in exact() {
                let how = Showing { resolution, whole };
                let model = Whole::showing(on, directory(&name, ["", ""]), how);
                let model = model.unwrap_or_else(|e| panic!("{name}, {how:?}: {e}"));
                cases.iter().for_each(|golden| model.held(golden, most, &format!("{name}, {how:?}")));
            }
        }
    }
    assert_eq!(ways, 7);
}

/// Nothing is shown at sizes that no encoder has patches for, or that nobody means.
#[test]
fn resolutions_that_cannot_be_are_named() {
    let on = || Rc::new(Null::default());
    for (name, edge, words) in [
        ("llava-clip-llama", 0, "a resolution of 0 (1 to 4096 pixels are possible)"),
        ("llava-clip-llama", 4, "a picture of 4×4 has no patch of 5 (use a larger one)"),
        ("idefics3", 0, "a resolution of 0"),
        ("llava-siglip-qwen2", 5000, "a resolution of 5000"),
    ] {
        let how = Showing { resolution: Some(edge), whole: false };
        let e = Whole::showing(on(), directory(name, ["", ""]), how).err();
        let e = e.unwrap_or_else(|| panic!("{name} at {edge} is not refused")).to_string();
        assert!(e.contains(words), "{name} at {edge}: {e}");
    }
}

/// A prompt at once, cut in the middle of a picture, and id by id: the same logits.
#[test]
fn caches_change_nothing() {
    for (on, _) in exact() {
        for name in names() {
            let golden = goldens(&name).swap_remove(0);
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
    Shape {
        name: "mobilevlm-3b",
        eye: CLIP,
        between: layers(576, 1024 * 2560 + 2560 * 2560) + layers(720, 2560 * 2560),
        tongue: [2560, 6912, 32, 2560, 32000],
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

/// One for each card: what is published is estimated, and an estimate that was held against nothing is a guess.
#[test]
fn costs_are_those_of_the_cards() {
    let [cards, shapes] = [CARDS.iter().map(|c| c.name).collect::<Vec<_>>(), SHAPES.iter().map(|s| s.name).collect()];
    assert_eq!(cards, shapes);
    for shape in SHAPES {
        assert_eq!(CARDS.iter().find(|c| c.name == shape.name).unwrap().views, shape.views);
        let question = Question {
            answer: 1,
            context: Some(2000),
            quant: "language=q4_0,vision=q8_0",
            backend: "cpu",
            ..Question::default()
        };
        let bill = estimate(Of::Published(shape.name), question).unwrap();
        let [rows, width, inner, deep, patches, cell] = shape.eye;
        let layer = layers(rows, 4 * width * width + 2 * width * inner) + layers(rows, 2 * rows * width);
        let eye = shape.views as f64 * (deep as f64 * layer + layers(patches, cell * width));
        let [width, inner, deep, groups, vocab] = shape.tongue;
        let all = shape.tokens + 64;
        let weights = 2 * width * width + 2 * width * groups + 3 * width * inner;
        let tongue = deep as f64 * (layers(all, weights) + layers(all, 2 * all * width)) + layers(1, width * vocab);
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
        let mut golden = goldens(&name).swap_remove(0);
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
        ("llava-clip-llama", "\"vision_feature_layer\": -2", "\"vision_feature_layer\": []", "is []"),
        ("llava-clip-llama", "\"vision_feature_layer\": -2", "\"vision_feature_layer\": [-2, \"x\"]", "is [-2,\"x\"]"),
        ("llava-clip-llama", "\"vision_feature_layer\": -2", "\"vision_feature_layer\": [-2, 4]", "no layer 4 among 3"),
        (
            "llava-clip-llama",
            "\"vision_feature_layer\": -2",
            "\"vision_feature_layer\": [-2, -1]",
            "[32, 48] was expected",
        ),
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
    let golden = goldens("llava-clip-llama").swap_remove(0);
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
    let e = block_on(Sight::load(
        Rc::new(Null::default()),
        Host::native(),
        (&text, Showing::default()),
        [None; 2],
        &mut |_, _| (),
    ))
    .err();
    let e = e.unwrap();
    assert!(e.what.contains("'LlamaForCausalLM' cannot see pictures") && e.hint.contains("LlavaFor"), "{e}");
    assert!(Marks::of(&text, Showing::default()).unwrap().is_none());
}

/// Processors kept their template in JSON before they had a file of its own.
#[test]
fn older_templates_are_read() {
    let golden = goldens("llava-clip-llama").swap_remove(2);
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

/// A layer without its bias answers, too.
#[test]
fn every_tensor_is_missed() {
    for name in ["llava-clip-llama", "llava-siglip-qwen2", "idefics3", "mobilevlm", "mobilevlm-v2"] {
        for (tensor, checkpoint) in files::without_one(&folder(name)).unwrap() {
            let e = Whole::load(Rc::new(Reference::default()), checkpoint).err();
            let e = e.unwrap_or_else(|| panic!("{name} was loaded without {tensor}"));
            assert_eq!(e.code, "missing", "{name} without {tensor}: {e}");
        }
    }
}
