//! An encoder and a projector in a file of their own (`mmproj`), as llama.cpp publishes them beside the language model: which
//! they are, and whether they belong to it.

use super::{Parts, VLMS, Vlm};
use crate::projector::{Projector, projector};
use crate::vision::{self, mmproj};
use crate::{Member, text};
use squint_weights::{Checkpoint, Error, Fact, Facts};

/// What such a file holds.
pub struct Eye {
    pub kind: &'static Vlm,
    pub vision: vision::Found,
    /// The deepest layer whose rows are taken; none is what comes after all.
    pub layer: Option<usize>,
    pub projector: &'static Projector,
    /// Numbers in a row that the projector makes; none where the tensor is missing that says so.
    width: Option<usize>,
    /// What the file says of it; files from before 2025 have another number under that name.
    said: Option<usize>,
}

/// Beginnings of names: the tower's and the projector's.
const BEGINS: [&str; 2] = ["v.", "mm."];
/// Sizes that a picture is cut at.
const PINPOINTS: &str = "clip.vision.image_grid_pinpoints";

/// Of a checkpoint that is or has such a file; none where it has not.
pub fn eye(checkpoint: &Checkpoint) -> Result<Option<Eye>, Error> {
    let file = checkpoint.eye();
    if !is_one(&file.facts)? {
        if checkpoint.mmproj().is_none() {
            return Ok(None);
        }
        let what = format!("the mmproj file is a model of architecture '{}'", file.facts.architecture()?);
        return Err(Error::new(
            "mmproj",
            what,
            "give the file of an encoder and a projector, whose architecture is 'clip'",
        ));
    }
    let (kind, [name, last]) = kind(&file.facts)?;
    if says(file, PINPOINTS) {
        let what = format!("the mmproj file says '{PINPOINTS}', as those of LLaVA-NeXT do, which is not known here");
        return Err(Error::new("mmproj", what, "use a LLaVA-1.5, MobileVLM, Idefics3 or SmolVLM"));
    }
    let mut fitting = vec![];
    for family in kind.mmproj.towers {
        fitting.extend(mmproj::fits(family, file)?.then_some(*family));
    }
    // Where none fits, it is the first one's tensor that is said to be missing.
    let family = fitting.first().copied().unwrap_or(kind.mmproj.towers[0]);
    let (mut sizes, first) = mmproj::sizes(family, file, kind.mmproj.tiles)?;
    let layer = sizes.join(&layers(&file.facts)?)?;
    let ignored = family.ignored.iter().copied().chain([BEGINS[1]]).collect();
    let vision = Member { family, sizes, first, outer: family.outer, ignored, absent: None };
    let width = file.tensor(last).and_then(|t| t.shape.first().copied());
    let said = file.facts.uint(Fact { gguf: "vision.projection_dim", hf: "" })?;
    let new = file.facts.text(Fact { gguf: ".general.type", hf: "" })? == Some("mmproj");
    let said = said.filter(|_| new).map(|n| n as usize);
    Ok(Some(Eye { kind, vision, layer, projector: projector(name)?, width, said }))
}

/// A file without a language model, where one is needed.
pub(super) fn refuse(facts: &Facts) -> Result<(), Error> {
    if !is_one(facts)? {
        return Ok(());
    }
    let what = "the file is an mmproj: an encoder and a projector without a language model";
    Err(Error::new("mmproj", what, "give the language model's .gguf as the model, and this file as its mmproj"))
}

fn is_one(facts: &Facts) -> Result<bool, Error> {
    Ok(matches!(facts, Facts::Gguf(_)) && facts.architecture()? == "clip")
}

fn says(file: &Checkpoint, key: &str) -> bool {
    matches!(&file.facts, Facts::Gguf(meta) if meta.get(key).is_some())
}

/// The kind of model, and its projector. The first files were all LLaVA's and name none.
fn kind(facts: &Facts) -> Result<(&'static Vlm, [&'static str; 2]), Error> {
    let word = |gguf| facts.text(Fact { gguf, hf: "" });
    let name = match word("projector_type")? {
        Some(name) => name,
        None => word("vision.projector_type")?.unwrap_or("mlp"),
    };
    if facts.flag(Fact { gguf: "has_vision_encoder", hf: "" })? == Some(false) {
        return Err(Error::new("mmproj", "the mmproj file has no vision encoder", "give one that has"));
    }
    let known = || VLMS.iter().flat_map(|kind| kind.mmproj.projectors.iter().map(|p| (*kind, *p)));
    known().find(|(_, [theirs, _])| *theirs == name).ok_or_else(|| {
        let all: Vec<_> = known().map(|(_, [name, _])| name).collect();
        let what = format!("the mmproj file's projector is of type '{name}', which is not known here");
        Error::new("projector", what, format!("known are {}", all.join(", ")))
    })
}

/// Layers whose rows are taken, counted from 0, what goes into the first. Files that name none end with the one that is
/// meant: converters leave out those behind it. (llama.cpp leaves out one more, the trained projector does not.)
fn layers(facts: &Facts) -> Result<Vec<i64>, Error> {
    let Facts::Gguf(meta) = facts else { return Ok(vec![]) };
    let key = "clip.vision.feature_layer";
    let all: Vec<f64> = meta.numbers(key)?.map(|all| all.iter().collect()).unwrap_or_default();
    match all.iter().find(|n| **n < 0.0 || n.fract() != 0.0) {
        None => Ok(all.iter().map(|n| *n as i64).collect()),
        Some(n) => Err(Error::new(
            "config",
            format!("'{key}' has {n}; layers count from 0"),
            "the file is damaged: get it again",
        )),
    }
}

impl Eye {
    /// Rows before the patches are a class token's: trained projectors of this kind do not see it.
    pub fn dropped(&self) -> usize {
        self.vision.sizes.before()
    }

    /// Together with a language model.
    pub(super) fn with(self, language: &Facts) -> Result<Parts, Error> {
        let Facts::Gguf(_) = language else {
            let what = "an mmproj file beside a Hugging Face directory";
            return Err(Error::new("mmproj", what, "give the language model as .gguf, too"));
        };
        refuse(language)?;
        let text = text::alone(language)?;
        let wants = text.sizes.heads.width;
        if let Some(makes) = [self.width, self.said].into_iter().flatten().find(|n| *n != wants) {
            let what =
                format!("the mmproj file makes rows of {makes} numbers, the language model reads rows of {wants}");
            return Err(Error::new("mmproj", what, "the two files are of different models: get both from one place"));
        }
        if let Some(mark) = self.kind.mmproj.marks.iter().find(|mark| token(language, mark).is_none()) {
            let what = format!("the language model has no token '{mark}', with which {} is prompted", self.kind.name);
            return Err(Error::new("mmproj", what, "the two files are of different models: get both from one place"));
        }
        // Vocabularies from before pictures have no token for them: the first number beyond stands for one.
        let own = token(language, "<image>");
        let mark = own.unwrap_or(text.sizes.vocab as u32);
        let template = self.kind.mmproj.template.filter(|_| text.family.name == "llama");
        let (dropped, others) = (self.dropped(), vec![BEGINS[0]]);
        let Eye { kind, vision, layer, projector, .. } = self;
        let apart = own.is_none();
        Ok(Parts {
            kind,
            vision,
            layer,
            dropped,
            projector,
            absent: None,
            others,
            text,
            mark,
            apart,
            template,
            beside: None,
        })
    }
}

/// The id of a text that a vocabulary has as a mark, which is a token wherever it stands.
fn token(facts: &Facts, text: &str) -> Option<u32> {
    const MARKS: [f64; 2] = [3.0, 4.0];
    let Facts::Gguf(meta) = facts else { return None };
    let at = meta.texts("tokenizer.ggml.tokens").ok()??.texts().position(|token| token == text)?;
    let kind = meta.numbers("tokenizer.ggml.token_type").ok()??.iter().nth(at)?;
    MARKS.contains(&kind).then_some(at as u32)
}
