//! Vision-language models: an encoder looks, a projector turns its rows into rows of a language model, which reads them where
//! words would stand. A new one is a file here and two lines: `mod` and its entry in `VLMS`.

mod idefics3;
mod llava;
mod mobilevlm;
mod own;
mod published;

use crate::Member;
use crate::projector::{Ends, Projector, View, projector};
use crate::{text, vision};
use squint_nn::encoder::Look;
use squint_ops::Grid;
use squint_weights::{Error, Fact, Facts};

pub use published::{CARDS, Card, published};

/// One kind.
pub struct Vlm {
    pub name: &'static str,
    /// As `config.json` names it.
    pub architectures: &'static [&'static str],
    /// What names of tensors may begin with before those of the encoder's family, and before those of the language model's.
    pub outer: [&'static [&'static str]; 2],
    /// Beginnings of names: the encoder's, the projector's, the language model's.
    pub begins: [&'static [&'static str]; 3],
    pub read: fn(&Facts) -> Result<Said, Error>,
}

/// What a configuration says of the parts.
pub struct Said {
    pub vision: Facts,
    /// Whose rows are taken, as `Encoder::layer` counts; none is what comes after all and the last norm.
    pub layer: Option<i64>,
    /// Rows that are left out before the others.
    pub dropped: usize,
    /// As `projector` knows it.
    pub projector: &'static str,
    pub text: Facts,
    /// The token that stands for a row of a picture.
    pub mark: u32,
    pub beside: Option<Beside>,
}

/// What the official code knows that stands in no file beside the weights.
#[derive(Clone, Copy)]
pub struct Beside {
    /// Pictures lie in a square of the mean colour first.
    pub padded: bool,
    /// The class of the image processor; it makes pictures of the tower's size.
    pub processor: &'static str,
    /// How a conversation is written. Pieces of text between pictures have ids of their own, and the mark is none of them.
    pub template: &'static str,
}

pub static VLMS: &[&Vlm] = &[&llava::LLAVA, &idefics3::IDEFICS3, &mobilevlm::MOBILEVLM];

/// The parts of a checkpoint, with their sizes.
pub struct Parts {
    pub kind: &'static Vlm,
    pub vision: vision::Found,
    pub layer: Option<usize>,
    pub dropped: usize,
    pub projector: &'static Projector,
    /// Beginnings of what is not the projector's.
    pub others: Vec<&'static str>,
    pub text: text::Found,
    pub mark: u32,
    pub beside: Option<Beside>,
}

impl Parts {
    /// Of a checkpoint; none where it is a model of one part.
    pub fn of(facts: &Facts) -> Result<Option<Parts>, Error> {
        let architecture = facts.architecture()?;
        let Some(kind) = VLMS.iter().copied().find(|v| v.architectures.contains(&architecture)) else {
            return Ok(None);
        };
        let said = (kind.read)(facts)?;
        let apart = |mine: usize, ignored: &[&'static str]| {
            let others = (0..kind.begins.len()).filter(|i| *i != mine).flat_map(|i| kind.begins[i]);
            ignored.iter().chain(others).copied().collect::<Vec<_>>()
        };
        let family = vision::family(&said.vision)?.ok_or_else(|| Error::bug("a tower without a family"))?;
        let ignored = apart(0, family.ignored);
        let vision = Member { family, sizes: (family.sizes)(&said.vision)?, outer: kind.outer[0], ignored };
        let family = text::family(&said.text)?;
        let ignored = apart(2, family.ignored);
        let text = Member { family, sizes: (family.sizes)(&said.text)?, outer: kind.outer[1], ignored };
        let layer = said.layer.map(|number| vision.sizes.layer(number)).transpose()?;
        let (projector, others) = (projector(said.projector)?, apart(1, &[]));
        let Said { dropped, mark, beside, .. } = said;
        Ok(Some(Parts { kind, vision, layer, dropped, projector, others, text, mark, beside }))
    }

    /// What is wanted of the encoder.
    pub fn look(&self, image: Grid) -> Look {
        Look { image, layer: self.layer, patches: false, heads: false }
    }

    /// What lies on both sides of the projector.
    pub fn ends(&self, image: Grid) -> Ends {
        let e = &self.vision.sizes;
        let rows = e.rows(self.look(image)).saturating_sub(self.dropped);
        // Patches lie on their grid, unless one of them was left out or another token was not.
        let grid = if self.dropped == e.before() { e.grid(image) } else { Grid { height: 1, width: rows } };
        let view = View { before: self.dropped, grid, chans: e.heads.width };
        Ends { views: vec![view], width: self.text.sizes.heads.width }
    }
}

/// The vision encoder of a checkpoint: all of it, or a part; none where it has none.
pub fn tower(facts: &Facts) -> Result<Option<vision::Found>, Error> {
    Ok(match Parts::of(facts)? {
        Some(parts) => Some(parts.vision),
        None => vision::alone(facts)?,
    })
}

/// The language model of a checkpoint: all of it, or a part.
pub fn language(facts: &Facts) -> Result<text::Found, Error> {
    Parts::of(facts)?.map_or_else(|| text::alone(facts), |parts| Ok(parts.text))
}

/// The id of the token that stands for a row of a picture.
fn mark(facts: &Facts) -> Result<u32, Error> {
    let key = Fact { gguf: "", hf: "image_token_index|image_token_id" };
    let id = facts.uint(key)?.and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| {
        let what = "'image_token_index' says of no token that it stands for a picture";
        Error::new("config", what, "the file is damaged: get it again")
    })
}
