//! The scale and min that suit a run best while nothing else shares its block. Both try the plain scale, which takes the
//! range to the range of codes, and sixteen around it, and refit each to the codes it gives.

use super::Form;
use super::lanes::{LANES, Lanes, ZEROS, each, sums};
use crate::block::inverse;

/// x ≈ scale·q − min, in full precision.
#[derive(Clone, Copy)]
pub struct Fit {
    pub scale: Lanes,
    pub min: Lanes,
}

/// How many codes the range is taken to, beside those there are; the plain scale first.
fn steps() -> impl Iterator<Item = f32> {
    std::iter::once(0.0).chain((0..16).map(|i| i as f32 / 8.0 - 1.0))
}

/// A later fit has to be better by more than rounding: where many are equal, the plain one keeps its code of the largest.
const CLEARLY: f32 = 1e-5;

/// q from 0; min ≥ 0, or ≤ 0 where all numbers of the block are above zero.
pub fn affine<const N: usize>(x: &[Lanes; N], form: &Form, above: bool) -> Fit {
    let (mut low, mut high) = (if above { x[0] } else { ZEROS }, x[0]);
    for x in x {
        low = each(|lane| if x[lane] < low[lane] { x[lane] } else { low[lane] });
        high = each(|lane| if x[lane] > high[lane] { x[lane] } else { high[lane] });
    }
    // From the lowest number on, so that squares of a shifted run do not drown what differs. y ≈ scale·q + shift.
    let mut y = [ZEROS; N];
    let mut sum = ZEROS;
    for (y, x) in y.iter_mut().zip(x) {
        *y = each(|lane| x[lane] - low[lane]);
        sum = each(|lane| sum[lane] + y[lane]);
    }
    let (n, most) = (N as f32, form.codes.1);
    let span = each(|lane| high[lane] - low[lane]);
    let (mut scale, mut shift, mut best) = (each(|lane| span[lane] / most), ZEROS, [f32::MIN; LANES]);
    for step in steps() {
        let s = sums(&y, &each(|lane| (most + step) * inverse(span[lane])), &ZEROS, form);
        for lane in 0..LANES {
            let (q, qq, yq, y) = (s.q[lane], s.qq[lane], s.xq[lane], sum[lane]);
            let by = 1.0 / (n * qq - q * q);
            let (a, b) = ((n * yq - y * q) * by, (qq * y - q * yq) * by);
            // A min of the wrong sign becomes zero, and one that is no number because all codes are the same.
            let min = -(b + low[lane]);
            let fits = if above { min <= 0.0 } else { min >= 0.0 };
            let b = if fits { b } else { -low[lane] };
            let a = if fits { a } else { (yq - b * q) / qq };
            // The squares that this fit explains; all of y's less them are left.
            let gain = 2.0 * (a * yq + b * y - a * b * q) - a * a * qq - n * b * b;
            let better = gain > best[lane];
            best[lane] = if better { gain + gain.abs() * CLEARLY } else { best[lane] };
            scale[lane] = if better { a } else { scale[lane] };
            shift[lane] = if better { b } else { shift[lane] };
        }
    }
    Fit { scale, min: each(|lane| -(shift[lane] + low[lane])) }
}

/// No min: the number of largest size becomes the lowest code, so the scale may be negative.
pub fn symmetric<const N: usize>(x: &[Lanes; N], form: &Form) -> Fit {
    let mut max = ZEROS;
    for x in x {
        max = each(|lane| if x[lane].abs() > max[lane].abs() { x[lane] } else { max[lane] });
    }
    let (mut scale, mut best) = (ZEROS, ZEROS);
    for step in steps() {
        let s = sums(x, &each(|lane| (form.codes.0 - step) * inverse(max[lane])), &ZEROS, form);
        for lane in 0..LANES {
            let a = s.xq[lane] / s.qq[lane];
            let gain = a * s.xq[lane];
            let better = gain > best[lane];
            best[lane] = if better { gain * (1.0 + CLEARLY) } else { best[lane] };
            scale[lane] = if better { a } else { scale[lane] };
        }
    }
    Fit { scale, min: ZEROS }
}
