//! Vision-language models: an encoder looks, a projector turns its rows into rows of a language model, which reads them where
//! words would stand. A new one is a file here and two lines: `mod` and its entry in `VLMS`.

mod idefics3;
mod llava;
mod mmproj;
mod mobilevlm;
mod published;
mod vicuna;

use crate::Member;
use crate::projector::{Ends, Projector, View, projector};
use crate::{text, vision};
use squint_nn::encoder::Look;
use squint_ops::Grid;
use squint_weights::{Checkpoint, Error, Fact, Facts};

pub use mmproj::{Eye, eye};
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
    pub mmproj: Mmproj,
}

/// What is known of a kind whose encoder and projector lie in a file of llama.cpp.
pub struct Mmproj {
    /// As it names projectors; `projector` knows them by the same names. And the tensor that is as long as their rows.
    pub projectors: &'static [[&'static str; 2]],
    /// The first that fits is its tower.
    pub towers: &'static [&'static vision::Vision],
    /// Tokens that prompts need: a vocabulary without them is another model's.
    pub marks: &'static [&'static str],
    /// Large pictures are shown in tiles.
    pub tiles: bool,
    /// How a conversation is written where a Llama's file does not say.
    pub template: Option<&'static str>,
}

/// What a configuration says of the parts.
pub struct Said {
    pub vision: Facts,
    /// Whose rows are taken, side by side, as `Encoder::layer` counts; none is what comes after all and the last norm.
    pub layers: Vec<i64>,
    /// Rows that are left out before the others.
    pub dropped: usize,
    /// As `projector` knows it.
    pub projector: &'static str,
    /// Ends of names of its weights that are not there; every other bias has to be.
    pub absent: &'static [&'static str],
    pub text: Facts,
    /// The head is the embedding; none where only the file tells.
    pub tied: Option<bool>,
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
    /// How a conversation is written. The mark is none of the vocabulary.
    pub template: &'static str,
}

pub static VLMS: &[&Vlm] = &[&llava::LLAVA, &idefics3::IDEFICS3, &mobilevlm::MOBILEVLM];

/// The parts of a checkpoint, with their sizes.
pub struct Parts {
    pub kind: &'static Vlm,
    pub vision: vision::Found,
    /// The deepest whose rows are taken; none is what comes after all.
    pub layer: Option<usize>,
    pub dropped: usize,
    pub projector: &'static Projector,
    /// Ends of names of its weights that are not there, so that every other bias has to be; none where only the file tells.
    pub absent: Option<&'static [&'static str]>,
    /// Beginnings of what is not the projector's.
    pub others: Vec<&'static str>,
    pub text: text::Found,
    pub mark: u32,
    /// The mark is none of the vocabulary: pieces of text between pictures have ids of their own.
    pub apart: bool,
    /// How a conversation is written where the files do not say.
    pub template: Option<&'static str>,
    pub beside: Option<Beside>,
}

/// Where the whole model says whether its head is the embedding.
const TIED: Fact = Fact { gguf: "?", hf: "tie_word_embeddings" };

impl Parts {
    /// Of a checkpoint, in one piece or in two; none where it is a model of one part.
    pub fn inside(checkpoint: &Checkpoint) -> Result<Option<Parts>, Error> {
        match eye(checkpoint)? {
            Some(eye) if checkpoint.mmproj().is_some() => eye.with(&checkpoint.facts).map(Some),
            Some(_) => Ok(None),
            None => Parts::of(&checkpoint.facts),
        }
    }

    /// Of one that is in one piece.
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
        let mut sizes = (family.sizes)(&said.vision)?;
        let layer = sizes.join(&said.layers)?;
        let absent = Some((family.absent)(&said.vision)?);
        let vision = Member { family, sizes, first: &[], outer: kind.outer[0], ignored, absent };
        let family = text::family(&said.text)?;
        let ignored = apart(2, family.ignored);
        let mut absent = (family.absent)(&said.text)?;
        // The whole model's head has none, whatever the family's own has.
        absent.push("head.bias");
        let mut sizes = (family.sizes)(&said.text)?;
        // Of the whole model it is said once more whether the head is a matrix of its own, and that counts.
        if let Some(tied) = said.tied {
            sizes.own_head = !tied;
            absent.retain(|name| *name != "head.weight");
            absent.extend(tied.then_some("head.weight"));
        }
        let text = Member { family, sizes, first: &[], outer: kind.outer[1], ignored, absent: Some(absent) };
        let (projector, others) = (projector(said.projector)?, apart(1, &[]));
        let Said { dropped, mark, beside, .. } = said;
        let absent = Some(said.absent);
        let (apart, template) = (beside.is_some(), beside.map(|beside| beside.template));
        Ok(Some(Parts { kind, vision, layer, dropped, projector, absent, others, text, mark, apart, template, beside }))
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
        let view = View { before: self.dropped, grid, chans: e.wide(self.look(image)) };
        Ends { views: vec![view], width: self.text.sizes.heads.width }
    }
}

/// The vision encoder of a checkpoint: all of it, or a part; none where it has none. Its layers are asked for one by one.
pub fn tower(checkpoint: &Checkpoint) -> Result<Option<vision::Found>, Error> {
    let found = match (eye(checkpoint)?, Parts::of(&checkpoint.facts)) {
        (Some(eye), _) => Some(eye.vision),
        (None, parts) => match parts? {
            Some(parts) => Some(parts.vision),
            None => vision::alone(&checkpoint.facts)?,
        },
    };
    Ok(found.map(|mut member| {
        member.sizes.joined.clear();
        member
    }))
}

/// The language model of a checkpoint: all of it, or a part.
pub fn language(facts: &Facts) -> Result<text::Found, Error> {
    mmproj::refuse(facts)?;
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
