//! Language models. A new family is a file here and two lines: `mod` and its entry in `TEXTS`.

mod gemma;
mod llama;
mod phi;
mod phi3;
mod published;
mod qwen2;
mod sizes;

use crate::own::Class;
use crate::{Member, Naming};
use squint_nn::decoder::{Decoder, Layer};
use squint_weights::{Error, Facts};

pub use published::{PUBLISHED, Published, published};

/// One family.
pub struct Text {
    pub name: &'static str,
    /// As GGUF files and `config.json` name it.
    pub architectures: &'static [&'static str],
    /// As a part of other models.
    pub class: Class,
    pub naming: Naming,
    /// Ends of names of tensors that say nothing new; any other tensor that is not used is an error.
    pub ignored: &'static [&'static str],
    pub sizes: fn(&Facts) -> Result<Decoder, Error>,
    /// Weights that others of the family have and one of this configuration has not, by the last parts of their names.
    pub absent: fn(&Facts) -> Result<Vec<&'static str>, Error>,
    pub layer: Layer,
}

pub static TEXTS: &[&Text] = &[&llama::LLAMA, &qwen2::QWEN2, &phi::PHI, &gemma::GEMMA, &phi3::PHI3];

/// The family of a checkpoint.
pub fn family(facts: &Facts) -> Result<&'static Text, Error> {
    let architecture = facts.architecture()?;
    TEXTS.iter().copied().find(|t| t.architectures.contains(&architecture)).ok_or_else(|| {
        let known: Vec<_> = TEXTS.iter().flat_map(|t| t.architectures).copied().collect();
        Error::new(
            "architecture",
            format!("models of architecture '{architecture}' are not known"),
            format!("known are {}", known.join(", ")),
        )
    })
}

/// A language model in a checkpoint.
pub type Found = Member<Text, Decoder>;

/// The language model that a checkpoint is.
pub fn alone(facts: &Facts) -> Result<Found, Error> {
    let filled = crate::own::alone(facts)?;
    let facts = filled.as_ref().unwrap_or(facts);
    let family = family(facts)?;
    let (ignored, absent) = (family.ignored.to_vec(), Some((family.absent)(facts)?));
    Ok(Member { family, sizes: (family.sizes)(facts)?, first: &[], outer: &[""], ignored, absent })
}
