//! What a run would cost, before any download: passes recorded from a model's sizes, billed by the null backend, and what a
//! backend takes to hold them.

use squint_models::text::family;
use squint_models::{text, vision, vlm};
use squint_nn::{Place, Want};
use squint_ops::{Bill, Error, Grid, Kind};
use squint_weights::{Fact, Facts};

use crate::kept::Kept;
use crate::pair::Join;
use crate::picture::{EDGE, Showing, Tiles, possible};
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
    /// preprocessor's configuration says it, and how it cuts them.
    Directory { facts: &'a Facts, edge: Option<usize>, tiles: Option<Tiles> },
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
    /// Size of a picture that is cut; none is one that becomes as many parts as it can, and of a model that cuts its
    /// pictures into tiles a square one.
    pub picture: Option<Grid>,
    /// A second encoder that looks at it.
    pub with: Option<With<'a>>,
    /// Views that pictures become; none is those of that picture.
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
    /// Of its encoder and of its language model.
    Sees(Facts, [Vec<&'static str>; 2]),
    Looks(Facts, Vec<&'static str>),
    Reads(Facts, Vec<&'static str>),
}

pub fn estimate(of: Of, q: Question) -> Result<Estimate, Error> {
    activations(q.quant, false)?;
    sane(q)?;
    let tiles = of.tiles().map(|tiles| tiles.showing(q.wanted.showing)).transpose()?;
    let views = q.views.or(tiles.map(|tiles| views(tiles, q.picture)).transpose()?);
    let sized = |counts: bool| match q.picture {
        Some(_) if !counts => {
            let what = "how large the picture is changes nothing";
            Err(Error::new("picture", what, "leave its size out, or say how it is cut"))
        }
        _ => Ok(()),
    };
    // Pictures of a directory are as large as it says, unless somebody asks for another size.
    let q = Question { wanted: of.shown(q.wanted), views, ..q };
    let alone = || match (q.wanted.cut, q.with) {
        (None, None) => Ok(()),
        _ => {
            let what = "only an encoder that stands alone looks at parts, or with another one";
            Err(Error::new("alone", what, "estimate the encoder by its own name, or leave cut and with out"))
        }
    };
    match known(of)? {
        Known::Looks(facts, absent) => {
            sized(q.wanted.cut.is_some())?;
            seen::look((&facts, &absent), q)
        }
        Known::Sees(facts, absent) => {
            alone()?;
            sized(tiles.is_some())?;
            seen::see(&facts, absent.each_ref().map(Vec::as_slice), q)
        }
        Known::Reads(facts, absent) => {
            alone()?;
            sized(false)?;
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
                return Ok(Known::Sees(facts.clone(), absent));
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
        return Ok(Known::Sees(card.facts()?, card.absent.map(<[_]>::to_vec)));
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

/// Views of pictures that can be asked for.
const VIEWS: usize = 1 << 12;

/// Numbers that mean something: sizes are products of them.
fn sane(q: Question) -> Result<(), Error> {
    for edge in [q.wanted.showing.resolution, q.with.and_then(|with| with.resolution)].into_iter().flatten() {
        possible(edge)?;
    }
    if let Some(views) = q.views {
        if !(1..=VIEWS).contains(&views) {
            return Err(Error::new("views", format!("{views} views"), format!("1 to {VIEWS} are possible")));
        }
        if q.picture.is_some() || q.wanted.showing.whole {
            let what = "a number of views, and a picture that says how many it becomes";
            return Err(Error::new("views", what, "leave one of them out"));
        }
    }
    if q.before > q.prompt {
        let what = format!("{} tokens before the picture, of {} in all", q.before, q.prompt);
        return Err(Error::new("before", what, "ask for a longer prompt, or fewer before"));
    }
    Ok(())
}

/// Views that a picture of this size becomes, or a square one.
fn views(tiles: Tiles, picture: Option<Grid>) -> Result<usize, Error> {
    let of = picture.unwrap_or(Grid::square(tiles.side));
    if [of.height, of.width].iter().any(|edge| !(1..=EDGE).contains(edge)) {
        let what = format!("a picture of {}×{}", of.width, of.height);
        return Err(Error::new("picture", what, format!("choose edges from 1 to {EDGE}")));
    }
    Ok(tiles.views(of))
}

impl Of<'_> {
    /// How it cuts pictures into tiles, where it does.
    fn tiles(self) -> Option<Tiles> {
        match self {
            Of::Directory { tiles, .. } => tiles,
            Of::Published(name) => {
                let card = vlm::published(name)?;
                Some(Tiles { longest: Some(card.tiles?), side: card.resolution, split: true })
            }
        }
    }

    /// What is wanted of it, at the size that its directory says where nobody asks for one. Tiles have one size whatever
    /// is asked for: that changes how many they are.
    fn shown(self, wanted: Wanted) -> Wanted {
        let edge = if let Of::Directory { edge, .. } = self { edge } else { None };
        let asked = wanted.showing.resolution.or(edge);
        let resolution = self.tiles().map_or(asked, |tiles| Some(tiles.side));
        Wanted { showing: Showing { resolution, ..wanted.showing }, ..wanted }
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
