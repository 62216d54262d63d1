//! People ask about pictures: what was seen before is not looked at again, what cannot be shown is refused, and a device that
//! goes while the model looks costs nothing but time.

#![allow(clippy::unwrap_used, reason = "an answer that does not come is a failed test")]

use pollster::block_on;
use squint_engine::answer::Heard;
use squint_engine::talk::{Asked, Say};
use squint_engine::{Choice, Host, Prompt, Shot, Surroundings, Talk};
use squint_ops::{Backend, Error, Grid, Reference};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Source, source::File};
use std::rc::Rc;

const MODELS: [&str; 3] = ["llava-clip-llama", "smolvlm-sharded", "mobilevlm-v2"];
const STAGES: [&str; 5] = ["preprocess", "vision", "project", "prefill", "decode"];

fn talk(on: Rc<dyn Backend>, checkpoint: Checkpoint) -> Talk {
    block_on(Talk::load((on, Host::native()), checkpoint, Asked::default(), &mut |_, _| ())).unwrap()
}

fn model(name: &str) -> Checkpoint {
    files::directory(&root().join("tests/fixtures/seeing").join(name), ["", ""]).unwrap()
}

/// The words of one model that sees, and a language model that is as small.
fn blind() -> Checkpoint {
    let file = |name: &str| -> Option<Rc<dyn Source>> {
        let folder = if name.starts_with("tokenizer") { "seeing/llava-clip-llama" } else { "llama/plain" };
        Some(Rc::new(File::open(&root().join("tests/fixtures").join(folder).join(name)).ok()?))
    };
    block_on(Checkpoint::hf(&file)).unwrap()
}

fn shot(name: &str) -> Shot {
    let bytes = std::fs::read(root().join("tests/fixtures/pictures").join(name)).unwrap();
    Shot::File { name: name.into(), bytes }
}

/// What came of a question: ids, and each stage with whether it was spared.
type Came = Result<(Vec<u32>, Vec<(&'static str, bool)>), Error>;

/// Asks, and tells `each` what is heard.
fn ask(talk: &mut Talk, text: &str, shots: &[Shot], mut each: impl FnMut(&'static str)) -> Came {
    let around = Surroundings { host: Host::native(), build: "native", threads: 1, activations: None };
    let prompt = Prompt::Chat(vec![talk.message("user", text, shots.len())]);
    let say = Say { prompt, now: None, most: 12, choice: Choice::GREEDY, stops: vec![] };
    let mut stages = vec![];
    let mut heard = |heard: Heard| match heard {
        Heard::Token { .. } => each("token"),
        Heard::Stage(s) => {
            stages.push((s.stage.name, s.reused));
            each(s.stage.name);
        }
    };
    let shown = block_on(talk.look(&around, shots, &mut heard))?;
    let done = block_on(talk.answer(&around, say, shown.numbers, &shown.seen.pictures, &mut heard))?;
    Ok((done.ids, stages))
}

#[test]
fn what_was_seen_is_not_looked_at_again() {
    for name in MODELS {
        let mut talk = talk(Rc::new(Reference::default()), model(name));
        let mut of = |text: &str, shots: &[Shot]| ask(&mut talk, text, shots, |_| ()).unwrap();
        let (ids, stages) = of("What is it?", &[shot("cat.png")]);
        assert_eq!(stages, STAGES.map(|name| (name, false)), "{name}");
        let (again, stages) = of("What is it?", &[shot("cat.png")]);
        assert_eq!((again, stages), (ids.clone(), STAGES.map(|name| (name, name != "decode")).to_vec()), "{name}");
        let (other, stages) = of("Why?", &[shot("cat.png")]);
        assert_eq!(stages[..3], STAGES.map(|name| (name, true))[..3], "{name}");
        assert_ne!(other, ids, "{name}");
        let (other, stages) = of("What is it?", &[shot("camera.png")]);
        assert_eq!(stages, STAGES.map(|name| (name, false)), "{name}");
        assert_ne!(other, ids, "{name}");
        // Without a picture, and back to the first one: prepared again, and not encoded.
        assert_eq!(of("What is it?", &[]).1, STAGES.map(|name| (name, false))[3..], "{name}");
        let (back, stages) = of("What is it?", &[shot("cat.png")]);
        assert_eq!((back, &stages[1..3]), (ids, &[("vision", true), ("project", true)][..]), "{name}");
    }
}

#[test]
fn pixels_are_what_a_file_of_them_is() {
    let mut talk = talk(Rc::new(Reference::default()), model("smolvlm-sharded"));
    let file = shot("cat.png");
    let picture = block_on(file.picture(&Host::native())).unwrap();
    let Grid { height, width } = picture.size;
    let rgba = picture.bytes.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 7]).collect();
    let want = ask(&mut talk, "What is it?", &[file], |_| ()).unwrap().0;
    let (got, stages) = ask(&mut talk, "What is it?", &[Shot::pixels(height, width, rgba)], |_| ()).unwrap();
    assert_eq!((got, stages[0]), (want, ("preprocess", false)));
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let mut blind = talk(Rc::new(Reference::default()), blind());
    assert!(!blind.sees());
    let e = ask(&mut blind, "x", &[shot("cat.png")], |_| ()).unwrap_err();
    assert!(e.code == "picture" && e.what.contains("cannot see pictures"), "{e}");
    let mut talk = talk(Rc::new(Reference::default()), model("llava-clip-llama"));
    let text = Shot::File { name: "notes.txt".into(), bytes: b"no picture".to_vec() };
    for bad in [text, Shot::pixels(2, 2, vec![0; 15])] {
        assert_eq!(ask(&mut talk, "x", &[bad], |_| ()).unwrap_err().code, "picture");
        assert!(ask(&mut talk, "x", &[shot("cat.png")], |_| ()).is_ok());
    }
}

/// The bar of a load never goes back, and is full at the end.
#[test]
fn parts_are_told_as_one() {
    for name in MODELS {
        let mut told = vec![];
        let on: Rc<dyn Backend> = Rc::new(Reference::default());
        let asked = Asked::default();
        block_on(Talk::load((on, Host::native()), model(name), asked, &mut |done, all| told.push((done, all))))
            .unwrap();
        assert!(told.is_sorted() && told.len() > 3, "{name}: {told:?}");
        assert!(told.iter().all(|(done, all)| done <= all && *all == told[0].1), "{name}");
        assert_eq!(told[told.len() - 1].0, told[0].1, "{name}");
        assert!(told[told.len() - 2].0 * 10 > told[0].1 * 9, "{name} leaps at its end: {told:?}");
    }
}

#[test]
fn a_device_lost_while_it_looks_costs_no_token() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let gpu: Rc<dyn Backend> = Rc::new(gpu);
    for name in MODELS {
        let mut steady = talk(gpu.clone(), model(name));
        let pictures = ["cat.png", "camera.png", "strip.png"].map(shot);
        let wants = pictures.clone().map(|p| ask(&mut steady, "What is it?", &[p], |_| ()).unwrap().0);
        // Prepared, seen, read, and in the answer.
        for (i, moment) in ["preprocess", "vision", "prefill", "token"].into_iter().enumerate() {
            let doomed = Rc::new(block_on(backends::gpu()).unwrap());
            let mut talk = talk(doomed.clone(), model(name));
            for turn in 0..3 {
                // The first question loses the device, the others are about other pictures on the next one.
                let at = (i + turn) % 3;
                let (ids, stages) = ask(&mut talk, "What is it?", &[pictures[at].clone()], |heard| {
                    if turn == 0 && heard == moment {
                        doomed.lose();
                    }
                })
                .unwrap();
                assert_eq!(ids, wants[at], "{name}, lost at {moment}, question {turn}");
                assert_eq!(stages.iter().map(|s| s.0).collect::<Vec<_>>(), STAGES, "{name}, lost at {moment}");
            }
        }
        // Lost between two questions.
        let doomed = Rc::new(block_on(backends::gpu()).unwrap());
        let mut talk = talk(doomed.clone(), model(name));
        for (at, picture) in pictures.iter().enumerate() {
            assert_eq!(ask(&mut talk, "What is it?", std::slice::from_ref(picture), |_| ()).unwrap().0, wants[at]);
            doomed.lose();
        }
    }
}
