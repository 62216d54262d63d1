//! What ops that look at keys have in common: which keys a row sees, and in what they may be stored.

use crate::spec::{Slot, weight};
use crate::{Kind, Word};

/// What a cache may be stored in.
pub(crate) const CACHE: &[Kind] = &[Kind::F32, Kind::F16];

/// Scores this low are a mask's, made of −∞ or the lowest number: their keys are not seen. No sum of products comes near.
/// Of a row masked altogether softmax would make a mean, or no number; it is padding, and gets what a query that sees no
/// key gets: zeros. Shaders begin their maximum here, WGSL having no −∞.
pub const MASKED: f32 = -3.0e38;

/// The keys there are, of all that there is room for.
pub(crate) const fn cache(name: &'static str) -> Slot {
    weight(name, CACHE).part(&[2, 4, 3])
}

/// What a row of queries may see, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Keys there are: written so far, the queries' own included.
    pub keys: Word,
    /// Place of the first query among the keys.
    pub start: Word,
    pub causal: bool,
    /// Keys that everybody sees.
    pub prefix: u32,
}
