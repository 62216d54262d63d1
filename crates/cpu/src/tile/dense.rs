//! The innermost loop of products of f32: numbers of a few rows, each broadcast, against the same vectors.

use crate::lanes::{LANES, Lanes};
use crate::math::mul_add;

/// sum[i][j] + Σ x[i][k] · (eight numbers of w[j] from `stride` · k on), k after k.
///
/// Addresses are asked for once, before the loop: a question at every turn costs as much as the products.
#[inline(always)]
pub fn dense<L: Lanes, const R: usize, const P: usize, const FUSED: bool>(
    x: [&[f32]; R],
    w: [&[f32]; P],
    stride: usize,
    sum: &mut [[L::V; P]; R],
) {
    let len = x[0].len();
    if len == 0 {
        return;
    }
    let last = (len - 1).checked_mul(stride).and_then(|n| n.checked_add(LANES)).unwrap_or(usize::MAX);
    assert!(x.iter().all(|x| x.len() == len) && w.iter().all(|w| w.len() >= last));
    for k in 0..len {
        let mut column = [L::splat(0.0); P];
        for (column, w) in column.iter_mut().zip(w) {
            // SAFETY: k · stride + LANES is at most `last`.
            *column = L::load(unsafe { w.get_unchecked(k * stride..k * stride + LANES) });
        }
        for (sum, x) in sum.iter_mut().zip(x) {
            // SAFETY: all have `len` numbers.
            let x = L::splat(unsafe { *x.get_unchecked(k) });
            for (sum, w) in sum.iter_mut().zip(column) {
                *sum = mul_add::<L, FUSED>(x, w, *sum);
            }
        }
    }
}
