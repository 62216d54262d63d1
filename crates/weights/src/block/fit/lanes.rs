//! Eight runs side by side, a lane each: a loop over lanes is SIMD on every target without naming one, and sums need no
//! order but that of the numbers, so a browser packs the bytes that the command line packs.

use super::Form;
use crate::block::inverse;

pub const LANES: usize = 8;

/// A number of each run.
pub type Lanes = [f32; LANES];

pub const ZEROS: Lanes = [0.0; LANES];

#[inline(always)]
pub fn each(of: impl Fn(usize) -> f32) -> Lanes {
    let mut out = ZEROS;
    for (lane, out) in out.iter_mut().enumerate() {
        *out = of(lane);
    }
    out
}

/// Adding this to a number below 2^22 leaves no bits for a fraction: nearest, ties to even, without a call.
const WHOLE: f32 = 12_582_912.0;

/// The whole number nearest to `v` from `low` to `high`; what is not a number becomes `low`.
#[inline(always)]
pub fn whole(v: f32, (low, high): (f32, f32)) -> f32 {
    let v = if v > low { v } else { low };
    let v = if v < high { v } else { high };
    (v + WHOLE) - WHOLE
}

/// What closed forms of scale and min are made of.
pub struct Sums {
    pub q: Lanes,
    pub qq: Lanes,
    pub xq: Lanes,
}

/// Of the codes that `scale` and `min` give: q = (x + min) / scale.
#[inline(always)]
pub fn sums<const N: usize>(x: &[Lanes; N], inverse: &Lanes, min: &Lanes, form: &Form) -> Sums {
    let mut sums = Sums { q: ZEROS, qq: ZEROS, xq: ZEROS };
    for x in x {
        for lane in 0..LANES {
            let q = whole((x[lane] + min[lane]) * inverse[lane], form.codes);
            sums.q[lane] += q;
            sums.qq[lane] += q * q;
            sums.xq[lane] += q * x[lane];
        }
    }
    sums
}

/// Squares of scale·q − min − x, summed.
#[inline(always)]
pub fn loss<const N: usize>(x: &[Lanes; N], scale: &Lanes, min: &Lanes, form: &Form) -> Lanes {
    let by = each(|lane| inverse(scale[lane]));
    let mut loss = ZEROS;
    for x in x {
        for lane in 0..LANES {
            let q = whole((x[lane] + min[lane]) * by[lane], form.codes);
            let off = scale[lane] * q - min[lane] - x[lane];
            loss[lane] += off * off;
        }
    }
    loss
}
