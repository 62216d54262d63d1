//! A device that goes in mid-answer: the answer is completed on another, and nobody who reads it can tell.

#![allow(clippy::unwrap_used, reason = "an answer that does not come is a failed test")]

use pollster::block_on;
use squint_engine::answer::{Answer, Heard, Question, answer};
use squint_engine::text::Tokenizer;
use squint_engine::{Choice, Host, Model, Sampling, Session, Surroundings};
use squint_gpu::Gpu;
use squint_ops::{Backend, Error, Kind};
use squint_tests::{backends, tiny::Llama, tiny::tokenizer};
use std::rc::Rc;

fn session(gpu: &Rc<Gpu>) -> Session {
    let on: Rc<dyn Backend> = gpu.clone();
    let model =
        block_on(Model::load(on, Host::native(), Rc::new(Llama::SMALL.checkpoint(5).unwrap()), None, &mut |_, _| ()))
            .unwrap();
    Session::new(Rc::new(model), 200, Kind::F16).unwrap()
}

/// Asks, and tells `each` how many tokens there are whenever one comes.
fn ask(session: &mut Session, choice: Choice, mut each: impl FnMut(usize)) -> (Result<Answer, Error>, Vec<u32>) {
    let around = Surroundings { host: Host::native(), build: "native", threads: 1, activations: None };
    let prompt = (0..30).map(|i| (i * 37 + 11) % 160).collect();
    let question = Question { prompt, most: 24, choice, stops: vec![] };
    let tokenizer = Tokenizer::from_json(tokenizer(160).as_bytes()).unwrap();
    let mut told = vec![];
    let done = block_on(answer(session, &tokenizer, &around, &question, |heard| {
        if let Heard::Token { id, .. } = heard {
            told.push(id);
            each(told.len());
        }
    }));
    (done, told)
}

#[test]
fn a_lost_device_costs_no_token() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let gpu = Rc::new(gpu);
    let how = |temperature, penalty| Sampling { temperature, top_k: 0, top_p: 1.0, min_p: 0.0, penalty };
    let drawn = Choice { how: how(0.8, 1.0), seed: 7 };
    let varied = Choice { how: how(0.0, 1.3), seed: 0 };
    for choice in [Choice::GREEDY, drawn, varied] {
        let want = ask(&mut session(&gpu), choice, |_| ()).0.unwrap().ids;
        assert_eq!(want.len(), 24);
        // With the first token, between two reads, at the last but one.
        for moment in [1, 5, 10, 23] {
            let doomed = Rc::new(block_on(backends::gpu()).unwrap());
            let mut session = session(&doomed);
            let (done, told) = ask(&mut session, choice, |n| {
                if n == moment {
                    doomed.lose();
                }
            });
            assert_eq!(done.unwrap().ids, want, "{choice:?}, lost at token {moment}");
            assert_eq!(told, want, "a token was told twice or not at all, lost at token {moment}");
            // The next question is answered on the device that came instead.
            assert_eq!(ask(&mut session, choice, |_| ()).0.unwrap().ids, want);
        }
    }
}

#[test]
fn a_device_lost_between_questions_is_replaced_too() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let gpu = Rc::new(gpu);
    let mut session = session(&gpu);
    let want = ask(&mut session, Choice::GREEDY, |_| ()).0.unwrap().ids;
    gpu.lose();
    assert_eq!(ask(&mut session, Choice::GREEDY, |_| ()).0.unwrap().ids, want);
}

#[test]
fn other_errors_come_back() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let gpu = Rc::new(gpu);
    let on: Rc<dyn Backend> = gpu.clone();
    let model =
        block_on(Model::load(on, Host::native(), Rc::new(Llama::SMALL.checkpoint(5).unwrap()), None, &mut |_, _| ()))
            .unwrap();
    let mut session = Session::new(Rc::new(model), 8, Kind::F16).unwrap();
    assert_eq!(ask(&mut session, Choice::GREEDY, |_| ()).0.err().map(|e| e.code), Some("prompt"));
}
