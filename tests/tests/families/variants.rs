//! What configurations may say and few do, against `transformers` (scripts/golden/variants.py).

use crate::golden::{Golden, gguf, like_golden, load, rows};
use pollster::block_on;
use squint_engine::{Choice, Session};
use squint_ops::{Backend, Kind, Reference, case::relative_error};
use squint_tests::{backends, converted, files, tree::root};
use squint_weights::Checkpoint;
use std::{path::PathBuf, rc::Rc};

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/variants").join(name)
}

fn plain(name: &str) -> Checkpoint {
    files::directory(&folder(name), ["", ""]).unwrap()
}

/// Every variant, and whether GGUF files can say the same. Of dynamic NTK they say nothing; the converter has no word for
/// gains and ratios of its own, and takes `longrope` from Phi-3 only.
const ALL: &[(&str, bool)] = &[
    ("dynamic-grows", false),
    ("dynamic-long", false),
    ("dynamic-part", false),
    ("linear", true),
    ("longrope-grows", true),
    ("longrope-grows-llama", false),
    ("longrope-long", true),
    ("longrope-older", false),
    ("longrope-short", true),
    ("normed", false),
    ("normed-groups", false),
    ("window", true),
    ("window-later", false),
    ("window-listed", false),
    ("window-longrope", true),
    ("window-of-two", true),
    ("yarn", true),
    ("yarn-part", false),
    ("yarn-ratio", false),
];

#[test]
fn every_variant_is_transformers() {
    let there = std::fs::read_dir(folder("")).unwrap();
    let mut there: Vec<String> = there.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    assert_eq!(there, ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, as_gguf) in ALL {
        let golden = Golden::read(&folder(name));
        for on in backends::everywhere() {
            let what = format!("{name} on {}", on.caps().device);
            like_golden(&what, &load(plain(name), on.clone()).unwrap(), &golden);
            if *as_gguf {
                let file = gguf(converted::gguf(&plain(name), false).unwrap());
                like_golden(&format!("{what}, gguf"), &load(file, on.clone()).unwrap(), &golden);
            }
        }
    }
}

fn reference() -> Rc<dyn Backend> {
    Rc::new(Reference::default())
}

/// Norms of heads that are there and not promised have no place, and those that are promised are missed.
#[test]
fn norms_of_heads_are_promised() {
    let words = ["\"qk_layernorm\": true", "\"qk_layernorm\": false"];
    let e = load(files::directory(&folder("normed"), words).unwrap(), reference()).err().unwrap();
    assert!(e.code == "tensor" && e.what.contains("layernorm"), "{e}");
    for (tensor, checkpoint) in files::without_one(&folder("normed")).unwrap() {
        let e = load(checkpoint, reference()).err().unwrap_or_else(|| panic!("loaded without {tensor}"));
        assert_eq!(e.code, "missing", "without {tensor}: {e}");
    }
}

/// The first files call longrope `su`; transformers reads these no more, and Phi-3 has no other `yarn`.
#[test]
fn longrope_has_other_names() {
    let golden = Golden::read(&folder("longrope-older"));
    for name in ["su", "yarn"] {
        let words = ["\"type\": \"longrope\"", &format!("\"type\": \"{name}\"")];
        let checkpoint = files::directory(&folder("longrope-older"), words).unwrap();
        like_golden(name, &load(checkpoint, reference()).unwrap(), &golden);
    }
}

/// Which table turns a text is chosen by its own length, whatever was read before it and whatever there is room for.
#[test]
fn what_was_read_before_changes_nothing() {
    for name in ["longrope-grows", "longrope-grows-llama", "dynamic-grows", "dynamic-long", "window-longrope"] {
        let ids = Golden::read(&folder(name)).ids;
        let model = load(plain(name), reference()).unwrap();
        let mut session = Session::new(model.clone(), 40, Kind::F32).unwrap();
        // Longer, shorter, a part of it, and on from there; a token more than the last time, and an answer in between.
        for end in [20, 33, 14, 33, 25, 26, 24, 25, 16, 17] {
            block_on(session.prefill(&ids[..end])).unwrap();
            let want = rows(&model, &ids[..end]).pop().unwrap();
            let error = relative_error(&want, &block_on(session.logits()).unwrap(), 0.0);
            assert!(error < 1e-5, "{name}, {end} tokens: {error}");
            block_on(session.next(Choice::GREEDY, 3)).unwrap();
        }
    }
}

/// A Phi-3 that becomes long while it is written to is read anew: every way to add a token ends with the same logits.
#[test]
fn a_text_that_becomes_long_is_read_anew() {
    let ids = Golden::read(&folder("longrope-grows")).ids;
    let model = load(plain("longrope-grows"), reference()).unwrap();
    let mut session = Session::new(model.clone(), ids.len(), Kind::F32).unwrap();
    block_on(session.prefill(&ids[..22])).unwrap();
    for end in 23..=ids.len() {
        block_on(session.push(ids[end - 1])).unwrap();
        let want = rows(&model, &ids[..end]).pop().unwrap();
        let error = relative_error(&want, &block_on(session.logits()).unwrap(), 0.0);
        assert!(error < 1e-5, "{end} tokens: {error}");
    }
    assert!(block_on(session.push(ids[0])).unwrap_err().what.contains("is full"));
}
