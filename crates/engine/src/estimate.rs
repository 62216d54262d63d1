//! What a run would cost, before any download: passes recorded from a model's published sizes, billed by the null
//! backend.

use squint_models::text::{Published, Text, family, published};
use squint_models::{vision, vlm};
use squint_nn::decoder::{Answer, Decoder, Pass, RUN, Recorded, record};
use squint_nn::encoder::Look;
use squint_nn::{Place, Planned, Want};
use squint_ops::{Bill, Error, Grid, Kind, Null};

use crate::kept::Kept;
use crate::room;
use crate::session::{CHUNK, Session};
use crate::wish::{activations, wishes};
use seen::see;

mod seen;

#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Tokens of the prompt and of the answer.
    pub prompt: usize,
    pub answer: usize,
    pub context: Option<usize>,
    /// What the file has matrices in; none is as they are published, which is 16 bits of language models and 32 of
    /// encoders.
    pub file: Option<Kind>,
    /// What they are converted to, and caches, as a run is asked.
    pub quant: &'a str,
    /// Of a vision encoder: the edge of a picture where not its own, and after how many layers its rows are taken, as
    /// `Encoder::layer` counts.
    pub resolution: Option<usize>,
    pub layer: Option<i64>,
}

pub struct Estimate {
    pub stages: Vec<Stage>,
    pub weight_bytes: u64,
    pub kv_bytes: u64,
    pub peak_bytes: u64,
    /// What the file's matrices are taken to be in.
    pub file: Kind,
    /// Matrices that cannot be converted as was asked.
    pub unpacked: Vec<Kept>,
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
    activations(q.quant, false)?;
    if let Some(card) = vlm::published(model) {
        return see(card, q);
    }
    match vision::published(model) {
        Some(published) => look(published, q),
        None => read(model, q),
    }
}

/// One picture through a vision encoder.
fn look(published: &Published, q: Question) -> Result<Estimate, Error> {
    let facts = published.facts()?;
    let family = vision::family(&facts)?.ok_or_else(|| Error::bug(format!("{} has no family", published.name)))?;
    let e = (family.sizes)(&facts)?;
    let layer = q.layer.map(|number| e.layer(number)).transpose()?;
    let image = q.resolution.map_or(e.image, Grid::square);
    let look = Look { image, layer, patches: false, heads: layer.is_none() };
    let (file, to) = (q.file.unwrap_or(Kind::F32), wishes(q.quant, &["vision"])?[0]);
    let planned = Planned { matrices: file, to, absent: published.absent };
    let encoded = family.record(&planned, &e, look)?;
    let bill = Null::bill(&encoded.rec, &[])?;
    let (tokens_in, tokens_out) = (e.grid(image).rows(), e.rows(look));
    let mut stage = Stage { name: "vision", tokens_in, tokens_out, ..Stage::default() };
    stage.add(&bill);
    let weight_bytes = bytes(&encoded.wants, Place::Model);
    let unpacked = Kept::of(&encoded.wants, to).into_iter().collect();
    Ok(Estimate { stages: vec![stage], weight_bytes, kv_bytes: 0, peak_bytes: bill.peak_bytes, file, unpacked })
}

/// What the wants of one place take.
pub(super) fn bytes(wants: &[Want], place: Place) -> u64 {
    let all = wants.iter().filter(|w| w.place == place);
    all.map(|w| w.kind.bytes_of(w.rows * w.cols.max(1)) as u64).sum()
}

/// A prompt and an answer through a language model.
fn read(model: &str, q: Question) -> Result<Estimate, Error> {
    let published = published(model).map_err(|e| {
        let sees = vlm::CARDS.iter().map(|card| card.name);
        let more: Vec<_> = vision::PUBLISHED.iter().map(|p| p.name).chain(sees).collect();
        Error::new(e.code, e.what, format!("{}, {}", e.hint, more.join(", ")))
    })?;
    let facts = published.facts()?;
    let family = family(&facts)?;
    let sizes = (family.sizes)(&facts)?;
    let [to, cache] = wishes(q.quant, &["language", "kv"])?[..] else {
        return Err(Error::bug("two wishes were asked for"));
    };
    answer(family, &sizes, published.absent, [to, cache], q)
}

/// The same of any of them. `to` is what its matrices are converted to, `cache` what keys and values are in.
pub(super) fn answer(
    family: &'static Text,
    sizes: &Decoder,
    absent: &'static [&'static str],
    [to, cache]: [Option<Kind>; 2],
    q: Question,
) -> Result<Estimate, Error> {
    let room = room::room(q.context, sizes.context)?;
    room::fits(q.prompt, q.answer, room)?;
    let (file, cache) = (q.file.unwrap_or(Kind::BF16), cache.unwrap_or(Kind::F16));
    let planned = Planned { matrices: file, to, absent };
    let mut total = Estimate { stages: vec![], weight_bytes: 0, kv_bytes: 0, peak_bytes: 0, file, unpacked: vec![] };
    // A pass like the last one is not recorded again: an answer is one pass, billed for every token.
    let mut last: Option<(Pass, Recorded)> = None;
    let mut bill = |rows: usize, answer: Answer, start: usize| -> Result<Bill, Error> {
        let pass = Pass { rows, answer, room, cache, album: 0 };
        let (_, recorded) = match last.take().filter(|(before, _)| *before == pass) {
            Some(same) => last.insert(same),
            None => last.insert((pass, record(&planned, sizes, family.layer, pass)?)),
        };
        debug_assert_eq!(RUN, ["start", "keys"]);
        let bill = Null::bill(&recorded.rec, &[start as u32, (start + rows) as u32])?;
        total.weight_bytes = total.weight_bytes.max(bytes(&recorded.wants, Place::Model));
        total.kv_bytes = bytes(&recorded.wants, Place::Session);
        if answer != Answer::Nothing {
            // Only a pass with an answer asks for all there is.
            total.unpacked = Kept::of(&recorded.wants, to).into_iter().collect();
        }
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
