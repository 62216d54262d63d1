//! What was made is not made again: a run starts at its first stale stage, and what is kept has a budget.

#![allow(clippy::unwrap_used, reason = "a stage that cannot run is a failed test")]

use pollster::block_on;
use squint_engine::answer::{Answer, Heard, Question, Reason, answer};
use squint_engine::artefacts::Store;
use squint_engine::text::{Message, Tokenizer};
use squint_engine::{Choice, Encoder, Host, Model, Prompt, Sampling, Session, Surroundings, Words};
use squint_ops::{Backend, Kind, Null, Reference, case::relative_error};
use squint_tests::tiny::{Llama, tokenizer};
use squint_tests::tree::root;
use squint_weights::{Checkpoint, Source, source::File};
use std::rc::Rc;

/// A directory, with more files that lie elsewhere.
fn checkpoint(folder: &str, more: &[(&str, &str)]) -> Checkpoint {
    let file = |name: &str| -> Option<Rc<dyn Source>> {
        let other = more.iter().find(|(n, _)| *n == name).map(|(_, path)| root().join(path));
        Some(Rc::new(File::open(&other.unwrap_or(root().join(folder).join(name))).ok()?))
    };
    block_on(Checkpoint::hf(&file)).unwrap()
}

fn ask(session: &mut Session, prompt: &[u32], choice: Choice) -> Answer {
    let around = Surroundings { host: Host::native(), build: "native", threads: 1, activations: None };
    let question = Question { prompt: prompt.to_vec(), most: 4, choice, stops: vec![] };
    let tokenizer = Tokenizer::from_json(tokenizer(160).as_bytes()).unwrap();
    block_on(answer(session, &tokenizer, &around, &question, |_| ())).unwrap()
}

#[test]
fn another_way_to_draw_repeats_nothing_and_another_question_only_itself() {
    let model = Rc::new(Llama::SMALL.checkpoint(5).unwrap());
    let model = block_on(Model::load(Rc::new(Reference::default()), Host::native(), model, None, &mut |_, _| ()));
    let mut session = Session::new(Rc::new(model.unwrap()), 64, Kind::F16).unwrap();
    let prompt: Vec<u32> = (0..30).map(|i| (i * 37 + 11) % 160).collect();
    let mut prefill = |prompt: &[u32], choice: Choice| {
        let done = ask(&mut session, prompt, choice);
        let stage = done.stages[0].clone();
        assert_eq!((stage.stage.name, stage.stage.tokens_in), ("prefill", prompt.len()));
        assert!(!done.stages[1].reused && done.stages[1].stage.flops > 0);
        (stage.reused, stage.stage.flops, done.meter.reused_tokens)
    };
    let (reused, all, _) = prefill(&prompt, Choice::GREEDY);
    assert!(!reused && all > 0);
    let how = Sampling { temperature: 1.0, top_k: 8, top_p: 0.9, min_p: 0.0, penalty: 1.1 };
    for choice in [Choice { how, seed: 3 }, Choice { how, seed: 4 }, Choice::GREEDY] {
        assert_eq!(prefill(&prompt, choice), (true, 0, 30));
    }
    let mut other = prompt.clone();
    other[25..].fill(9);
    let (reused, some, tokens) = prefill(&other, Choice::GREEDY);
    assert!(!reused && tokens == 25 && some > 0 && some < all / 2, "{some} of {all} operations");
}

#[test]
fn a_prompt_that_was_read_is_not_read_again() {
    let beside = [
        ("tokenizer.json", "tests/fixtures/tokens/bytes.json"),
        ("chat_template.jinja", "tests/fixtures/templates/chatml.jinja"),
    ];
    let words = Words::of(&checkpoint("tests/fixtures/llama/plain", &beside)).unwrap();
    let store = Store::new(1 << 16);
    let ids = |prompt: &Prompt| block_on(words.kept_ids(&store, prompt, None, 64)).unwrap();
    let chat = |text: &str| Prompt::Chat(vec![Message::text("user", text)]);
    let first = ids(&chat("hello"));
    assert_eq!((first.reused, first.values.to_vec()), (false, words.ids(&chat("hello"), None, 64).unwrap()));
    let again = ids(&chat("hello"));
    assert!(again.reused && Rc::ptr_eq(&first.values, &again.values));
    let written = Prompt::Raw("hello".into());
    for other in [chat("hello!"), written.clone()] {
        let made = ids(&other);
        assert!(!made.reused && made.values != first.values);
    }
    assert!(ids(&written).reused);
}

/// Ten million bytes are refused by their number: cutting them into tokens takes seconds in which nobody can stop it. Were
/// they cut, the context would be what refuses them, in tokens.
#[test]
fn a_prompt_beyond_any_context_is_not_cut_into_tokens() {
    let beside = [
        ("tokenizer.json", "tests/fixtures/tokens/bytes.json"),
        ("chat_template.jinja", "tests/fixtures/templates/chatml.jinja"),
    ];
    let words = Words::of(&checkpoint("tests/fixtures/llama/plain", &beside)).unwrap();
    let longest = words.tokenizer.longest();
    assert!((3..64).contains(&longest), "{longest}");
    let huge = "a ".repeat(5_000_000);
    for prompt in [Prompt::Raw(huge.clone()), Prompt::Chat(vec![Message::text("user", &huge)])] {
        for room in [64, 8192] {
            let e = words.ids(&prompt, None, room).unwrap_err();
            let said =
                format!("the prompt has 10000000 bytes, the context room for {room} tokens of at most {longest} each");
            assert_eq!((e.code, e.what), ("prompt", said));
        }
    }
    // Up to the bound texts are read, whatever becomes of them.
    let text = "a".repeat(16 * longest);
    assert!(words.ids(&Prompt::Raw(text.clone()), None, 16).unwrap().len() > 16);
    assert!(words.ids(&Prompt::Raw(text + "a"), None, 16).is_err());
    // What a template adds counts, too.
    let short = "a".repeat(16 * longest - 1);
    assert!(words.ids(&Prompt::Chat(vec![Message::text("user", &short)]), None, 16).is_err());
}

/// Whoever asks without the template is not told of it.
#[test]
fn a_template_that_cannot_be_read_is_missed_by_conversations_only() {
    let beside = [
        ("tokenizer.json", "tests/fixtures/tokens/bytes.json"),
        ("chat_template.jinja", "tests/fixtures/unclosed.jinja"),
    ];
    let words = Words::of(&checkpoint("tests/fixtures/llama/plain", &beside)).unwrap();
    assert!(!words.ids(&Prompt::Raw("hello".into()), None, 64).unwrap().is_empty());
    let e = words.ids(&Prompt::Chat(vec![Message::text("user", "hello")]), None, 64).unwrap_err();
    assert_eq!(e.code, "template", "{e}");
}

/// An answer of no tokens is a prompt that was read: it is billed, and nothing comes out.
#[test]
fn no_token_of_answer_is_a_bill_for_the_prompt() {
    let model = Rc::new(Llama::SMALL.checkpoint(5).unwrap());
    let model = block_on(Model::load(Rc::new(Reference::default()), Host::native(), model, None, &mut |_, _| ()));
    let mut session = Session::new(Rc::new(model.unwrap()), 64, Kind::F16).unwrap();
    let around = Surroundings { host: Host::native(), build: "native", threads: 1, activations: None };
    let prompt: Vec<u32> = (0..30).map(|i| (i * 37 + 11) % 160).collect();
    let tokenizer = Tokenizer::from_json(tokenizer(160).as_bytes()).unwrap();
    let mut ask = |most: usize| {
        let mut told = vec![];
        let question = Question { prompt: prompt.clone(), most, choice: Choice::GREEDY, stops: vec![] };
        let done = block_on(answer(&mut session, &tokenizer, &around, &question, |heard| {
            told.push(match heard {
                Heard::Token { .. } => "token",
                Heard::Stage(stage) => stage.stage.name,
            });
        }));
        (done.unwrap(), told)
    };
    let (none, told) = ask(0);
    assert_eq!((none.ids.as_slice(), none.text.as_str(), none.reason), (&[][..], "", Reason::Length));
    assert_eq!(told, ["prefill", "decode"]);
    assert_eq!((none.meter.prompt_tokens, none.meter.generated_tokens, none.meter.decode_ms), (30, 0, 0.0));
    let [read, said] = &none.stages[..] else { panic!("{} stages", none.stages.len()) };
    assert!(read.stage.flops > 0 && !read.reused && read.stage.tokens_in == 30);
    assert_eq!((said.stage.flops, said.stage.dispatches, said.stage.tokens_out), (0, 0, 0));
    // The prompt is in the caches: asked for one token more, nothing of it runs again.
    let (one, told) = ask(1);
    assert!(one.ids.len() == 1 && one.stages[0].reused && one.meter.reused_tokens == 30);
    assert!(told.contains(&"token"), "{told:?}");
}

#[test]
fn a_picture_that_was_shown_is_not_computed_again() {
    let null = Rc::new(Null::default());
    let load = |on: Rc<dyn Backend>, budget| {
        let files = checkpoint("tests/fixtures/vit", &[]);
        block_on(Encoder::load(on, Host::native(), &files, None, &mut |_, _| ())).unwrap().keeping(budget)
    };
    let vit = load(null.clone(), 1 << 16);
    let pixels = vit.pixels();
    let [one, other] = [0.25, 0.5].map(|v| vec![v; pixels]);
    let ran = |work: &dyn Fn() -> bool| {
        let before = null.total().dispatches;
        let reused = work();
        (reused, null.total().dispatches - before)
    };
    let (reused, all) = ran(&|| block_on(vit.logits(&one)).unwrap().reused);
    assert!(!reused && all > 10);
    assert_eq!(ran(&|| block_on(vit.logits(&one)).unwrap().reused), (true, 0));
    // The rows lie on the device from the run before: they are read, not computed.
    assert_eq!(ran(&|| block_on(vit.hidden(&one)).unwrap().reused), (false, 0));
    assert_eq!(ran(&|| block_on(vit.logits(&other)).unwrap().reused), (false, all));
    assert_eq!(ran(&|| block_on(vit.hidden(&one)).unwrap().reused), (true, 0));
    assert_eq!(ran(&|| block_on(vit.logits(&one)).unwrap().reused), (true, 0));
    // With room for the logits of one picture, the one before goes.
    let vit = load(null.clone(), vit.sizes.classes * 4);
    for picture in [&one, &other, &one] {
        assert_eq!(ran(&|| block_on(vit.logits(picture)).unwrap().reused), (false, all));
        assert_eq!(ran(&|| block_on(vit.logits(picture)).unwrap().reused), (true, 0));
    }
}

/// Rows of a picture that is neither kept nor on the device any more are its own.
#[test]
fn with_or_without_room_the_numbers_are_the_same() {
    let files = checkpoint("tests/fixtures/vit", &[]);
    let load = |budget| {
        let on = Rc::new(Reference::default());
        block_on(Encoder::load(on, Host::native(), &files, None, &mut |_, _| ())).unwrap().keeping(budget)
    };
    let rows = |budget| {
        let vit = load(budget);
        let pictures = [0.25, -0.5].map(|v| (0..vit.pixels()).map(|i| v * (i % 7) as f32).collect::<Vec<_>>());
        let show = |picture: &[f32]| block_on(vit.hidden(picture)).unwrap().values;
        [0, 1, 0, 0, 1].map(|i| show(&pictures[i]))
    };
    let (with, without) = (rows(1 << 20), rows(0));
    assert_eq!(with, without);
    assert!(relative_error(&with[0], &with[1], 0.0) > 0.1 && with[0] == with[2]);
}
