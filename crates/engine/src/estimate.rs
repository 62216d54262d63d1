//! What a run would cost, before any download: passes recorded from a model's sizes, billed by the null backend, and what a
//! backend takes to hold them.

use squint_models::text::family;
use squint_models::{text, vision, vlm};
use squint_nn::{Place, Want};
use squint_ops::{Bill, Error, Grid, Kind};
use squint_weights::{Fact, Facts};

use crate::kept::Kept;
use crate::pair::Join;
use crate::picture::Showing;
use crate::session::Session;
use crate::wanted::Wanted;
use crate::wish::activations;

mod directory;
mod held;
mod read;
mod seen;

pub use directory::Directory;

/// Which model it would be.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// A published one, by name.
    Published(&'a str),
    /// One that has nothing yet but its configuration, and the edge of the square that its pictures become, where a
    /// preprocessor's configuration says it.
    Directory { facts: &'a Facts, edge: Option<usize> },
}

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
    /// Of a vision encoder: how it is shown a picture, and what of it is wanted; a layer of one that sees, too.
    pub wanted: Wanted,
    /// Size of a picture that is cut; none is one that becomes as many parts as it can.
    pub picture: Option<Grid>,
    /// A second encoder that looks at it.
    pub with: Option<With<'a>>,
    /// Views that the picture becomes; none is those of a square picture, as the card says, and one without a card.
    pub views: Option<usize>,
    /// Tokens of the prompt's text that stand before the picture.
    pub before: usize,
}

/// A second encoder, what it is shown, and how its rows join the first one's.
#[derive(Clone, Copy, Debug)]
pub struct With<'a> {
    pub of: Of<'a>,
    pub resolution: Option<usize>,
    pub join: Join,
}

impl Default for Question<'_> {
    fn default() -> Self {
        Question {
            prompt: 64,
            answer: 32,
            context: None,
            file: None,
            quant: "",
            backend: "auto",
            wanted: Wanted::default(),
            picture: None,
            with: None,
            views: None,
            before: 0,
        }
    }
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

/// A model's configuration, and weights that its families may have and it has not.
enum Known {
    /// Of its encoder and of its language model; and views of a square picture.
    Sees(Facts, [Vec<&'static str>; 2], usize),
    Looks(Facts, Vec<&'static str>),
    Reads(Facts, Vec<&'static str>),
}

pub fn estimate(of: Of, q: Question) -> Result<Estimate, Error> {
    activations(q.quant, false)?;
    // Pictures of a directory are as large as it says, unless somebody asks for another size.
    let q = Question { wanted: of.shown(q.wanted), ..q };
    let alone = || match (q.wanted.cut, q.with) {
        (None, None) => Ok(()),
        _ => {
            let what = "only an encoder that stands alone looks at parts, or with another one";
            Err(Error::new("alone", what, "estimate the encoder by its own name, or leave cut and with out"))
        }
    };
    match known(of)? {
        Known::Looks(facts, absent) => seen::look((&facts, &absent), q),
        Known::Sees(facts, absent, views) => {
            alone()?;
            seen::see(&facts, absent.each_ref().map(Vec::as_slice), Question { views: q.views.or(Some(views)), ..q })
        }
        Known::Reads(facts, absent) => {
            alone()?;
            read::read(&facts, &absent, q)
        }
    }
}

fn known(of: Of) -> Result<Known, Error> {
    match of {
        Of::Published(name) => published(name),
        Of::Directory { facts, .. } => {
            if let Some(parts) = vlm::Parts::of(facts)? {
                let absent = [parts.vision.absent, parts.text.absent].map(Option::unwrap_or_default);
                return Ok(Known::Sees(facts.clone(), absent, 1));
            }
            match vision::family(facts)? {
                Some(family) => Ok(Known::Looks(facts.clone(), (family.absent)(facts)?)),
                None => Ok(Known::Reads(facts.clone(), (family(facts)?.absent)(facts)?)),
            }
        }
    }
}

fn published(name: &str) -> Result<Known, Error> {
    if let Some(card) = vlm::published(name) {
        return Ok(Known::Sees(card.facts()?, card.absent.map(<[_]>::to_vec), card.views));
    }
    if let Some(known) = vision::published(name) {
        return Ok(Known::Looks(known.facts()?, known.absent.to_vec()));
    }
    let known = text::published(name).map_err(|e| {
        let sees = vlm::CARDS.iter().map(|card| card.name);
        let more: Vec<_> = vision::PUBLISHED.iter().map(|p| p.name).chain(sees).collect();
        Error::new(e.code, e.what, format!("{}, {}, or the path of a config.json", e.hint, more.join(", ")))
    })?;
    Ok(Known::Reads(known.facts()?, known.absent.to_vec()))
}

impl Of<'_> {
    /// What is wanted of it, at the size that its directory says where nobody asks for one.
    fn shown(self, wanted: Wanted) -> Wanted {
        let edge = if let Of::Directory { edge, .. } = self { edge } else { None };
        let showing = Showing { resolution: wanted.showing.resolution.or(edge), ..wanted.showing };
        Wanted { showing, ..wanted }
    }
}

/// A format that a file can have matrices in, by name.
pub fn file(name: &str) -> Result<Kind, Error> {
    let kind = Kind::from_name(name)?;
    if kind == Kind::U32 {
        return Err(Error::new("kind", "no file has weights in u32", format!("it can be {}", Kind::of_weights())));
    }
    Ok(kind)
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
