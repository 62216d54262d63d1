//! Rows of pictures between words: shown the rows of its own embedding, a model says what it says to the words.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

use pollster::block_on;
use squint_engine::{Choice, Host, Model, Session};
use squint_ops::{Backend, Kind, Reference, case::relative_error};
use squint_tests::{backends, tree::root};
use squint_weights::{Checkpoint, Source, source::File};
use std::rc::Rc;

const WIDTH: usize = 32;
const VOCAB: u32 = 96;

fn checkpoint() -> Rc<Checkpoint> {
    let folder = root().join("tests/fixtures/llama/plain");
    let file = |name: &str| File::open(&folder.join(name)).ok().map(|f| Rc::new(f) as Rc<dyn Source>);
    Rc::new(block_on(Checkpoint::hf(&file)).unwrap())
}

fn session(on: Rc<dyn Backend>) -> Session {
    let model = block_on(Model::load(on, Host::native(), checkpoint(), None, &mut |_, _| ())).unwrap();
    Session::new(Rc::new(model), 200, Kind::F32).unwrap()
}

/// What the embedding has for these words.
fn rows(words: &[u32]) -> Vec<f32> {
    let (checkpoint, name) = (checkpoint(), "model.embed_tokens.weight");
    let kind = checkpoint.tensor(name).unwrap().kind;
    let mut row = vec![0; kind.bytes_of(WIDTH)];
    let read = |id: &u32| {
        block_on(checkpoint.read(name, *id as u64 * row.len() as u64, &mut row)).unwrap();
        kind.unpack_all(&row)
    };
    words.iter().flat_map(read).collect()
}

/// A prompt of `len` words, the same with words from `from` on as rows of a picture.
fn prompts(session: &mut Session, len: usize, from: usize, count: usize) -> [Vec<u32>; 2] {
    let words: Vec<u32> = (0..len as u32).map(|i| (i * 37 + 11) % VOCAB).collect();
    // The last row of the album first: numbers decide, not the order in which rows come.
    let shown: Vec<u32> = words[from..from + count].iter().rev().copied().collect();
    let numbers = session.show(&rows(&shown)).unwrap();
    let seen: Vec<u32> = numbers.rev().collect();
    [words.clone(), [&words[..from], &seen, &words[from + count..]].concat()]
}

#[test]
fn rows_of_pictures_stand_where_words_would() {
    for on in backends::everywhere() {
        let device = on.caps().device.clone();
        let mut session = session(on);
        // One part of a prompt and several, a picture across their border, first and last.
        for (len, from, count) in [(9, 3, 4), (150, 120, 20), (140, 0, 131), (12, 11, 1), (1, 0, 1)] {
            let [words, seen] = prompts(&mut session, len, from, count);
            let mut logits = vec![];
            for prompt in [words, seen] {
                block_on(session.prefill(&prompt)).unwrap();
                logits.push(block_on(session.logits()).unwrap());
                let choice = Choice { seed: 3, ..Choice::GREEDY };
                block_on(session.next(choice, 4)).unwrap();
                logits.push(block_on(session.logits()).unwrap());
            }
            for i in [0, 1] {
                let error = relative_error(&logits[i], &logits[i + 2], 0.0);
                assert!(error < 1e-5, "{device}: {count} of {len} from {from}: {error:e}");
            }
        }
    }
}

/// The same picture again repeats nothing; another one begins where it stands, however large it is.
#[test]
fn another_picture_is_another_prompt() {
    let mut session = session(Rc::new(Reference::default()));
    let [_, prompt] = prompts(&mut session, 30, 5, 8);
    assert_eq!(block_on(session.prefill(&prompt)).unwrap(), 0);
    let before = block_on(session.logits()).unwrap();
    let [_, again] = prompts(&mut session, 30, 5, 8);
    assert_eq!((block_on(session.prefill(&again)).unwrap(), &again), (30, &prompt));
    for count in [8, 3] {
        let other = session.show(&vec![0.25; count * WIDTH]).unwrap();
        let other: Vec<u32> = [&prompt[..5], &other.collect::<Vec<_>>(), &prompt[13..]].concat();
        assert_eq!(block_on(session.prefill(&other)).unwrap(), 5);
        assert_ne!(block_on(session.logits()).unwrap(), before);
        // The rows before are gone, and their numbers with them.
        assert_eq!(block_on(session.prefill(&prompt)).unwrap_err().code, "prompt");
    }
    let [_, back] = prompts(&mut session, 30, 5, 8);
    assert_eq!(block_on(session.prefill(&back)).unwrap(), 5);
    assert_eq!(block_on(session.logits()).unwrap(), before);
}

#[test]
fn another_device_has_the_pictures_too() {
    let mut here = session(Rc::new(Reference::default()));
    let [_, prompt] = prompts(&mut here, 30, 5, 8);
    block_on(here.prefill(&prompt)).unwrap();
    let want = block_on(here.logits()).unwrap();
    let mut there = here.elsewhere(session(Rc::new(Reference::default())).model).unwrap();
    assert_eq!(block_on(there.prefill(&prompt)).unwrap(), 0);
    assert_eq!(block_on(there.logits()).unwrap(), want);
}

#[test]
fn rows_of_another_width_are_refused() {
    let mut session = session(Rc::new(Reference::default()));
    for rows in [0, WIDTH - 1, WIDTH + 1] {
        assert_eq!(session.show(&vec![0.0; rows]).unwrap_err().code, "picture");
    }
}

/// The penalty looks back on words alone.
#[test]
fn pictures_are_not_repeated_words() {
    let mut session = session(Rc::new(Reference::default()));
    let [_, seen] = prompts(&mut session, 20, 2, 15);
    block_on(session.prefill(&seen)).unwrap();
    let mut choice = Choice::GREEDY;
    choice.how.penalty = 1.3;
    assert!(block_on(session.next(choice, 3)).unwrap().iter().all(|id| *id < VOCAB));
}
