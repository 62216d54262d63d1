//! Vision encoders. A new family is a file here and two lines: `mod` and its entry in `VISIONS`.

mod vit;

use crate::Naming;
use squint_nn::Catalog;
use squint_nn::encoder::{Encoded, Encoder};
use squint_weights::{Error, Facts};

/// One family.
pub struct Vision {
    pub name: &'static str,
    /// As `config.json` names it.
    pub architectures: &'static [&'static str],
    pub naming: Naming,
    /// Ends of names of tensors that say nothing new; any other tensor that is not used is an error.
    pub ignored: &'static [&'static str],
    pub sizes: fn(&Facts) -> Result<Encoder, Error>,
    pub record: fn(&dyn Catalog, &Encoder) -> Result<Encoded, Error>,
}

pub static VISIONS: &[&Vision] = &[&vit::VIT];

/// The family of a checkpoint, none where it is no vision encoder.
pub fn family(facts: &Facts) -> Result<Option<&'static Vision>, Error> {
    let architecture = facts.architecture()?;
    Ok(VISIONS.iter().copied().find(|v| v.architectures.contains(&architecture)))
}
