//! One lane: what every machine has, and what the others are compared with.

use super::Lanes;

#[derive(Clone, Copy)]
pub struct Scalar;

// SAFETY: no special instructions.
unsafe impl Lanes for Scalar {
    type V = f32;
    const WIDTH: usize = 1;
    #[inline(always)]
    fn splat(v: f32) -> f32 {
        v
    }
    #[inline(always)]
    fn load(from: &[f32]) -> f32 {
        from[0]
    }
    #[inline(always)]
    fn store(v: f32, to: &mut [f32]) {
        to[0] = v;
    }
    #[inline(always)]
    fn add(a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    fn mul(a: f32, b: f32) -> f32 {
        a * b
    }
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
    #[inline(always)]
    fn sum(v: f32) -> f32 {
        v
    }
}
