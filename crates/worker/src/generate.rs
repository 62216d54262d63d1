//! A question answered, about pictures or without.

use crate::meter::{meter, row};
use crate::seat::{Seat, Worker};
use crate::shots::{Beside, shots};
use crate::tell::send;
use squint_engine::answer::Heard;
use squint_engine::talk::Say;
use squint_engine::{Choice, Error, Prompt, Sampling, Talk};
use squint_protocol::{Done, Generate, MeterRow, News, Token};

pub async fn generate(worker: &Worker, run: u32, wish: Generate, pictures: Vec<Beside>) -> Result<(), Error> {
    let mut taken = worker.take()?;
    let Some(Seat::Talk(talk, activations)) = &mut taken.seat else {
        return Err(Error::new("model", "the model reads pictures, not questions", "load a language model"));
    };
    let now = &worker.around.host.now;
    let (start, around) = (now(), worker.around(*activations));
    let say = say(talk, wish, pictures.len())?;
    let tell = |heard: Heard| {
        send(
            run,
            match heard {
                Heard::Token { id, text } => News::Token(Token { id, text: text.into() }),
                Heard::Stage(stage) => News::Stage(row(stage)),
            },
        );
    };
    let shots = shots(pictures).await?;
    let shown = talk.look(&around, &shots, tell).await?;
    let seeing = if shots.is_empty() { 0.0 } else { now() - start };
    let done = talk.answer(&around, say, shown.numbers, &shown.seen.pictures, tell).await?;
    let (m, backend) = (done.meter, &talk.session.model.backend);
    let meter = MeterRow {
        prompt_tokens: m.prompt_tokens as u32,
        reused_tokens: m.reused_tokens as u32,
        prompt_ms: m.prompt_ms,
        ttft_ms: seeing + m.ttft_ms,
        generated_tokens: m.generated_tokens as u32,
        decode_ms: m.decode_ms,
        ..meter(backend.as_ref(), worker.around.build, &shown.stages)
    };
    send(run, News::Done(Done { ids: done.ids, text: done.text, reason: done.reason.name().into(), meter }));
    Ok(())
}

/// What is asked; so many pictures came beside it.
fn say(talk: &Talk, wish: Generate, pictures: usize) -> Result<Say, Error> {
    let placed: usize = wish.messages.iter().map(|turn| turn.images as usize).sum();
    let prompt = match (wish.raw, wish.messages.is_empty()) {
        (true, _) => Prompt::Raw(wish.prompt),
        (_, true) => Prompt::Chat(vec![talk.message("user", &wish.prompt, pictures)]),
        _ if placed != pictures => {
            let what = format!("the messages show {placed} pictures, and {pictures} came beside them");
            return Err(Error::new("request", what, "give each picture with its message"));
        }
        _ => {
            let turns = wish.messages.iter().map(|t| talk.message(&t.role, &t.content, t.images as usize));
            Prompt::Chat(turns.collect())
        }
    };
    let how = Sampling {
        temperature: wish.temperature,
        top_k: wish.top_k,
        top_p: wish.top_p,
        min_p: wish.min_p,
        penalty: wish.repeat_penalty,
    };
    let (now, most, choice) = (wish.now.map(|s| s as i64), wish.max_tokens as usize, Choice { how, seed: wish.seed });
    // Before pictures are looked at: that takes seconds.
    choice.check()?;
    Ok(Say { prompt, now, most, choice, stops: wish.stop })
}
