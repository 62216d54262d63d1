//! The innermost loops: a few rows of activations against one or two panels of weights, sums held in registers.
//!
//! In wasm a tile is a function of its own: within a larger one, Chromium gives registers to what the loop does not use.

mod attend;
mod dense;
mod finish;
mod integer;
mod real;
mod short;
mod single;
mod weigh;

pub use attend::{Attend, Cache, Products, Work};
pub use finish::{Finish, Then};
pub use integer::Integer;
pub use real::Real;
pub use short::Short;
pub use single::Single;

use crate::lanes::{LANES, Lanes};

/// As many of the lanes as there is room for: the last panel may have fewer rows.
#[inline(always)]
fn put<L: Lanes>(v: L::V, to: &mut [f32]) {
    if to.len() == LANES {
        L::store(v, to);
    } else {
        let mut all = [0.0; LANES];
        L::store(v, &mut all);
        to.copy_from_slice(&all[..to.len()]);
    }
}

/// Up to eight numbers, the others zero.
#[inline(always)]
fn some<L: Lanes>(from: &[f32]) -> L::V {
    if from.len() == LANES {
        return L::load(from);
    }
    let mut all = [0.0; LANES];
    all[..from.len()].copy_from_slice(from);
    L::load(&all)
}
