//! Vision encoders. A new family is a file here and two lines: `mod` and its entry in `VISIONS`.

mod clip;
mod deit;
mod dinov2;
mod idefics3;
pub(crate) mod mmproj;
mod published;
mod siglip;
mod sizes;
mod vit;

use crate::own::Class;
use crate::{Member, Naming};
use squint_nn::Catalog;
use squint_nn::encoder::{Encoded, Encoder, Look, record};
use squint_nn::readout::Readout;
use squint_weights::{Error, Facts};

pub use published::{PUBLISHED, published};

/// One family.
pub struct Vision {
    pub name: &'static str,
    /// As `config.json` names it.
    pub architectures: &'static [&'static str],
    /// As a part of other models, if it is one of any.
    pub class: Option<Class>,
    pub naming: Naming,
    /// What published names may begin with.
    pub outer: &'static [&'static str],
    /// Ends of names of tensors that say nothing new, and beginnings, where they end in a dot; any other tensor that is not
    /// used is an error.
    pub ignored: &'static [&'static str],
    /// Published configurations leave it to the picture which size it has.
    pub any_size: bool,
    pub sizes: fn(&Facts) -> Result<Encoder, Error>,
    /// Weights that others of the family have and one of this configuration has not, by the last parts of their names.
    pub absent: fn(&Facts) -> Result<Vec<&'static str>, Error>,
    /// The row that stands for a picture.
    pub pooled: Readout,
    /// What a classifier says.
    pub scores: Readout,
}

impl Vision {
    pub fn record(&self, catalog: &dyn Catalog, sizes: &Encoder, look: Look) -> Result<Encoded, Error> {
        record(catalog, sizes, look, [self.pooled, self.scores])
    }
}

pub static VISIONS: &[&Vision] = &[
    &vit::VIT,
    &deit::DEIT,
    &clip::CLIP,
    &siglip::SIGLIP,
    &dinov2::DINOV2,
    &dinov2::WITH_REGISTERS,
    &idefics3::IDEFICS3,
];

/// The family of a checkpoint, none where it is no vision encoder.
pub fn family(facts: &Facts) -> Result<Option<&'static Vision>, Error> {
    let architecture = facts.architecture()?;
    Ok(VISIONS.iter().copied().find(|v| v.architectures.contains(&architecture)))
}

/// An encoder in a checkpoint.
pub type Found = Member<Vision, Encoder>;

/// The encoder that a checkpoint is, none where it is something else.
pub fn alone(facts: &Facts) -> Result<Option<Found>, Error> {
    let Some(family) = family(facts)? else { return Ok(None) };
    let (outer, ignored) = (family.outer, family.ignored.to_vec());
    let absent = Some((family.absent)(facts)?);
    Ok(Some(Member { family, sizes: (family.sizes)(facts)?, first: &[], outer, ignored, absent }))
}
