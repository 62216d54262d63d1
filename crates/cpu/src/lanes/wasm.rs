//! Four lanes: WebAssembly simd128, with relaxed multiply-add where the module is compiled for it.

use super::Lanes;
use core::arch::wasm32::*;

pub const NAME: &str = if cfg!(target_feature = "relaxed-simd") { "relaxed simd" } else { "simd128" };

#[derive(Clone, Copy)]
pub struct Wasm;

// SAFETY: the module as a whole is compiled for these instructions; loads and stores are unaligned ones inside
// slices whose length is asserted.
unsafe impl Lanes for Wasm {
    type V = v128;
    const WIDTH: usize = 4;
    #[inline(always)]
    fn splat(v: f32) -> v128 {
        f32x4_splat(v)
    }
    #[inline(always)]
    fn load(from: &[f32]) -> v128 {
        let from = &from[..4];
        // SAFETY: four numbers are there.
        unsafe { v128_load(from.as_ptr().cast()) }
    }
    #[inline(always)]
    fn store(v: v128, to: &mut [f32]) {
        let to = &mut to[..4];
        // SAFETY: room for four numbers is there.
        unsafe { v128_store(to.as_mut_ptr().cast(), v) }
    }
    #[inline(always)]
    fn add(a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }
    #[inline(always)]
    fn mul(a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }
    #[inline(always)]
    fn mul_add(a: v128, b: v128, c: v128) -> v128 {
        #[cfg(target_feature = "relaxed-simd")]
        return f32x4_relaxed_madd(a, b, c);
        #[cfg(not(target_feature = "relaxed-simd"))]
        return f32x4_add(f32x4_mul(a, b), c);
    }
    #[inline(always)]
    fn sum(v: v128) -> f32 {
        let two = f32x4_add(v, i32x4_shuffle::<2, 3, 0, 1>(v, v));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }
}
