//! What a run would cost, before any download: passes recorded from a model's published sizes, billed by the null
//! backend.

use squint_models::text::{family, published};
use squint_nn::decoder::{Answer, Pass, RUN, record};
use squint_nn::{Place, Planned};
use squint_ops::{Bill, Error, Kind, Null};

use crate::session::{CHUNK, Session};

#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Tokens of the prompt and of the answer.
    pub prompt: usize,
    pub answer: usize,
    pub context: usize,
    pub weights: Kind,
    pub cache: Kind,
}

pub struct Estimate {
    pub stages: Vec<Stage>,
    pub weight_bytes: u64,
    pub kv_bytes: u64,
    pub peak_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    pub name: &'static str,
    pub flops: u64,
    pub bytes: u64,
    pub dispatches: u64,
    pub tokens_in: usize,
    pub tokens_out: usize,
}

pub fn estimate(model: &str, q: Question) -> Result<Estimate, Error> {
    if q.prompt == 0 || q.prompt + q.answer > q.context {
        return Err(Error::new(
            "context",
            format!("{} tokens of prompt and {} of answer in a context of {}", q.prompt, q.answer, q.context),
            "ask for at least one token of prompt, and a context that holds both",
        ));
    }
    let published = published(model)?;
    let facts = published.facts()?;
    let family = family(&facts)?;
    let sizes = (family.sizes)(&facts)?;
    let planned = Planned { matrices: q.weights, absent: published.absent };
    let mut total = Estimate { stages: vec![], weight_bytes: 0, kv_bytes: 0, peak_bytes: 0 };
    let mut bill = |rows: usize, answer: Answer, start: usize| -> Result<Bill, Error> {
        let pass = Pass { rows, answer, room: q.context, cache: q.cache, album: 0 };
        let recorded = record(&planned, &sizes, family.layer, pass)?;
        debug_assert_eq!(RUN, ["start", "keys"]);
        let bill = Null::bill(&recorded.rec, &[start as u32, (start + rows) as u32])?;
        let bytes = |place: Place| {
            let all = recorded.wants.iter().filter(move |w| w.place == place);
            all.map(|w| w.kind.bytes_of(w.rows * w.cols.max(1)) as u64).sum::<u64>()
        };
        total.weight_bytes = total.weight_bytes.max(bytes(Place::Model));
        total.kv_bytes = bytes(Place::Session);
        total.peak_bytes = total.peak_bytes.max(bill.peak_bytes);
        Ok(bill)
    };
    let mut prefill = Stage { name: "prefill", tokens_in: q.prompt, tokens_out: q.prompt, ..Stage::default() };
    for start in (0..q.prompt).step_by(CHUNK) {
        let rows = CHUNK.min(q.prompt - start);
        let answer = if start + rows == q.prompt { Answer::Last } else { Answer::Nothing };
        prefill.add(&bill(rows, answer, start)?);
    }
    let mut decode = Stage { name: "decode", tokens_in: q.answer, tokens_out: q.answer, ..Stage::default() };
    // The first token of the answer comes from the prefill.
    for i in 0..q.answer.saturating_sub(1) {
        decode.add(&bill(1, Answer::Last, q.prompt + i)?);
    }
    total.stages = vec![prefill, decode];
    Ok(total)
}

impl Stage {
    /// What a session ran since it was asked last.
    pub fn billed(name: &'static str, tokens: usize, session: &Session) -> Stage {
        let mut stage = Stage { name, tokens_in: tokens, tokens_out: tokens, ..Stage::default() };
        stage.add(&session.take_bill());
        stage
    }

    pub fn add(&mut self, bill: &Bill) {
        self.flops += bill.flops;
        self.bytes += bill.bytes;
        self.dispatches += bill.dispatches;
    }
}
