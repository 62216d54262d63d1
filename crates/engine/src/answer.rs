//! One question answered: prefill, then token after token until the model, a stop text or the limit says so.

use crate::estimate::Stage;
use crate::open::Surroundings;
use crate::revive::Lives;
use crate::session::{Choice, Session};
use crate::text::{Decoder, Tokenizer};
use squint_ops::Error;

pub struct Question {
    pub prompt: Vec<u32>,
    /// Tokens of answer at most.
    pub most: usize,
    pub choice: Choice,
    /// Texts that end the answer; they are not part of it.
    pub stops: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The model ended its turn.
    Eos,
    /// The limit or the context is reached.
    Length,
    /// A stop text came.
    Stop,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::Eos => "eos",
            Reason::Length => "length",
            Reason::Stop => "stop",
        }
    }
}

/// One stage as it was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub stage: Stage,
    pub ms: f64,
    /// Nothing ran: what the stage makes was there already.
    pub reused: bool,
}

pub struct Answer {
    pub ids: Vec<u32>,
    pub text: String,
    pub reason: Reason,
    pub meter: Meter,
    pub stages: Vec<Measured>,
}

/// What one answer took. One meaning per number; nothing here is averaged over runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    pub prompt_tokens: usize,
    /// Of these, tokens that the caches held already.
    pub reused_tokens: usize,
    /// From the question to the moment the first id is known.
    pub ttft_ms: f64,
    /// The same: there is nothing before the prompt here.
    pub prompt_ms: f64,
    pub generated_tokens: usize,
    /// From the first id to the last.
    pub decode_ms: f64,
}

/// What is told while it happens.
pub enum Heard<'a> {
    /// A token and the text that became whole with it, which may be none.
    Token {
        id: u32,
        text: &'a str,
    },
    Stage(&'a Measured),
}

/// Asks `session`. Dropping the future ends the work; a later prompt starts from what the caches hold. A device that
/// goes meanwhile is replaced by another of the same kind, and the answer goes on where it was.
pub async fn answer(
    session: &mut Session,
    tokenizer: &Tokenizer,
    around: &Surroundings,
    question: &Question,
    mut heard: impl FnMut(Heard),
) -> Result<Answer, Error> {
    let host = &around.host;
    let start = (host.now)();
    session.take_bill();
    let mut lives = Lives::new(around);
    let reused = lives.prefill(session, &question.prompt).await?;
    let room = session.room() - question.prompt.len();
    // One more than there is room for: the last id drawn need not be fed.
    let most = question.most.min(room + 1);
    let mut out = Out { tokenizer, decoder: Decoder::new(tokenizer, true), ids: vec![], text: String::new(), told: 0 };
    let mut meter = Meter { prompt_tokens: question.prompt.len(), reused_tokens: reused, ..Meter::default() };
    let mut reason = Reason::Length;
    let mut first = None;
    let mut stages = vec![];
    while out.ids.len() < most {
        // The first id alone: it says when the prompt was done.
        let wish = if first.is_none() { 1 } else { most - out.ids.len() };
        let ids = match session.next(question.choice, wish).await {
            Ok(ids) => ids,
            Err(e) => {
                lives.revive(session, e).await?;
                lives.prefill(session, &[&question.prompt[..], &out.ids].concat()).await?;
                continue;
            }
        };
        if first.is_none() {
            let ms = (host.now)() - start;
            (first, meter.ttft_ms, meter.prompt_ms) = (Some(start + ms), ms, ms);
            stages.push(read(session, question, ms));
            heard(Heard::Stage(&stages[0]));
        }
        if let Some(why) = out.take(&ids, &question.stops, &mut heard) {
            reason = why;
            break;
        }
    }
    if first.is_none() {
        // Nothing was to be said: the prompt was read all the same.
        meter.prompt_ms = (host.now)() - start;
        stages.push(read(session, question, meter.prompt_ms));
        heard(Heard::Stage(&stages[0]));
    }
    out.finish(&question.stops, &mut reason, &mut heard);
    meter.generated_tokens = out.ids.len();
    meter.decode_ms = first.map_or(0.0, |t| (host.now)() - t);
    stages.push(Measured {
        stage: Stage::billed("decode", out.ids.len(), session),
        ms: meter.decode_ms,
        reused: false,
    });
    heard(Heard::Stage(&stages[stages.len() - 1]));
    Ok(Answer { ids: out.ids, text: out.text, reason, meter, stages })
}

/// The stage of the prompt.
fn read(session: &Session, question: &Question, ms: f64) -> Measured {
    let stage = Stage::billed("prefill", question.prompt.len(), session);
    // Asked again on a new device, the whole prompt ran.
    let reused = stage.dispatches == 0;
    Measured { stage, ms, reused }
}

/// The answer as it grows.
struct Out<'a> {
    tokenizer: &'a Tokenizer,
    decoder: Decoder,
    ids: Vec<u32>,
    text: String,
    /// Bytes of `text` that have been told: what may be the beginning of a stop text waits.
    told: usize,
}

impl Out<'_> {
    /// Takes ids in; says why the answer is over, if it is.
    fn take(&mut self, ids: &[u32], stops: &[String], heard: &mut impl FnMut(Heard)) -> Option<Reason> {
        for &id in ids {
            if self.tokenizer.ends().contains(&id) {
                return Some(Reason::Eos);
            }
            self.ids.push(id);
            self.text.extend(self.decoder.push(id));
            if self.stopped(stops) {
                self.tell(id, self.text.len(), heard);
                return Some(Reason::Stop);
            }
            let wait = waiting(&self.text, stops);
            self.tell(id, self.text.len() - wait, heard);
        }
        None
    }

    /// Cuts a stop text off, and what is behind it.
    fn stopped(&mut self, stops: &[String]) -> bool {
        let at = stops.iter().filter(|s| !s.is_empty()).filter_map(|s| self.text.find(s.as_str())).min();
        at.inspect(|at| self.text.truncate(*at)).is_some()
    }

    fn tell(&mut self, id: u32, to: usize, heard: &mut impl FnMut(Heard)) {
        let from = self.told.min(to);
        heard(Heard::Token { id, text: &self.text[from..to] });
        self.told = to;
    }

    /// Whatever waited, now that nothing more comes.
    fn finish(&mut self, stops: &[String], reason: &mut Reason, heard: &mut impl FnMut(Heard)) {
        if *reason != Reason::Stop {
            self.text.extend(self.decoder.flush());
            if self.stopped(stops) {
                *reason = Reason::Stop;
            }
        }
        if let (Some(&id), true) = (self.ids.last(), self.told < self.text.len()) {
            self.tell(id, self.text.len(), heard);
        }
    }
}

/// Bytes at the end of `text` that may be the beginning of a stop text.
fn waiting(text: &str, stops: &[String]) -> usize {
    let begins =
        |stop: &&String| (1..stop.len()).rev().find(|n| stop.is_char_boundary(*n) && text.ends_with(&stop[..*n]));
    stops.iter().filter_map(|s| begins(&s)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::waiting;

    #[test]
    fn what_may_become_a_stop_text_waits() {
        let stops = ["\n\n".to_owned(), "END".to_owned()];
        for (text, wait) in [("a", 0), ("a\n", 1), ("aEN", 2), ("aE", 1), ("", 0), ("END", 0)] {
            assert_eq!(waiting(text, &stops), wait, "{text:?}");
        }
    }
}
