//! What a run would cost, before any download: passes recorded from a model's sizes, billed by the null backend, and what a
//! backend takes to hold them.

use squint_models::text::family;
use squint_models::{text, vision, vlm};
use squint_nn::{Place, Want};
use squint_ops::{Bill, Error, Kind};
use squint_weights::{Fact, Facts};

use crate::kept::Kept;
use crate::session::Session;
use crate::wish::activations;

mod held;
mod read;
mod seen;

#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Tokens of the prompt and of the answer.
    pub prompt: usize,
    pub answer: usize,
    pub context: Option<usize>,
    /// What the file has matrices in; none is as the configuration says, and where it says nothing as they are published,
    /// which is 16 bits of language models and 32 of encoders.
    pub file: Option<Kind>,
    /// What they are converted to, and caches, as a run is asked.
    pub quant: &'a str,
    /// On which backend it would run.
    pub backend: &'a str,
    /// Of a vision encoder: the edge of a picture where not its own, and after how many layers its rows are taken, as
    /// `Encoder::layer` counts.
    pub resolution: Option<usize>,
    pub layer: Option<i64>,
    /// Views that the picture becomes; none is those of a square picture, as the card says, and one without a card.
    pub views: Option<usize>,
    /// Tokens of the prompt's text that stand before the picture.
    pub before: usize,
}

pub struct Estimate {
    pub stages: Vec<Stage>,
    /// What weights and caches have in their formats.
    pub weight_bytes: u64,
    pub kv_bytes: u64,
    /// What the backend holds at most: weights as it lays them out, caches, and all that is made ready.
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

/// Of a published model.
pub fn estimate(model: &str, q: Question) -> Result<Estimate, Error> {
    activations(q.quant, false)?;
    if let Some(card) = vlm::published(model) {
        let views = q.views.unwrap_or(card.views);
        return seen::see(&card.facts()?, card.absent, Question { views: Some(views), ..q });
    }
    if let Some(published) = vision::published(model) {
        return seen::look(&published.facts()?, published.absent, q);
    }
    let published = text::published(model).map_err(|e| {
        let sees = vlm::CARDS.iter().map(|card| card.name);
        let more: Vec<_> = vision::PUBLISHED.iter().map(|p| p.name).chain(sees).collect();
        Error::new(e.code, e.what, format!("{}, {}, or the path of a config.json", e.hint, more.join(", ")))
    })?;
    read::read(&published.facts()?, published.absent, q)
}

/// Of a model that has nothing yet but its configuration.
pub fn estimate_of(facts: &Facts, q: Question) -> Result<Estimate, Error> {
    activations(q.quant, false)?;
    if let Some(parts) = vlm::Parts::of(facts)? {
        let [eye, tongue] = [parts.vision.absent, parts.text.absent].map(Option::unwrap_or_default);
        return seen::see(facts, [&eye, &tongue], q);
    }
    match vision::family(facts)? {
        Some(family) => seen::look(facts, &(family.absent)(facts)?, q),
        None => read::read(facts, &(family(facts)?.absent)(facts)?, q),
    }
}

/// What a file has matrices in.
fn stored(facts: &Facts, q: Question, usual: Kind) -> Result<Kind, Error> {
    let said = facts.text(Fact { gguf: "?", hf: "dtype|torch_dtype" })?;
    let kinds = [("float32", Kind::F32), ("float16", Kind::F16), ("bfloat16", Kind::BF16)];
    let said = kinds.into_iter().find(|(name, _)| said == Some(*name)).map(|(_, kind)| kind);
    Ok(q.file.or(said).unwrap_or(usual))
}

/// What the wants of one place take in their formats.
fn bytes(wants: &[Want], place: Place) -> u64 {
    let all = wants.iter().filter(|w| w.place == place);
    all.map(|w| w.kind.bytes_of(w.rows * w.cols.max(1)) as u64).sum()
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
