//! Eight lanes in two registers: WebAssembly simd128, with relaxed multiply-add and byte dots where the module is
//! compiled for them. Relaxed operations are used only where every browser's reading gives the same answer.

use super::Lanes;
use core::arch::wasm32::*;

pub const NAME: &str = if cfg!(target_feature = "relaxed-simd") { "relaxed simd" } else { "simd128" };

#[derive(Clone, Copy)]
pub struct Wasm;

#[inline(always)]
fn two(a: [v128; 2], b: [v128; 2], f: impl Fn(v128, v128) -> v128) -> [v128; 2] {
    [f(a[0], b[0]), f(a[1], b[1])]
}

#[inline(always)]
fn load(from: &[u8]) -> [v128; 2] {
    let from = &from[..32];
    // SAFETY: 32 bytes are there.
    unsafe { [v128_load(from.as_ptr().cast()), v128_load(from.as_ptr().add(16).cast())] }
}

/// Sums of products, by half panel.
#[cfg(target_feature = "relaxed-simd")]
mod sums {
    use super::*;
    pub type S = [v128; 2];
    #[inline(always)]
    pub fn start() -> S {
        [i32x4_splat(0); 2]
    }
    /// i16 until `close4`: products of nibbles are at most 15 · 127, and sixteen of them fit. On x86 without VNNI that
    /// is one multiplication and one addition where the dot product to 32 bits takes three instructions.
    #[inline(always)]
    pub fn dot4(s: S, w: S, a: S) -> S {
        [0, 1].map(|i| i16x8_add(s[i], i16x8_relaxed_dot_i8x16_i7x16(a[i], w[i])))
    }
    /// Two products of 127 · 127 just fit into 16 bits. The dot product to 32 bits would do, but Chromium makes its ones
    /// anew every time: five instructions for these three.
    #[inline(always)]
    fn dot(s: v128, seven: v128, eight: v128) -> v128 {
        i32x4_add(s, i32x4_dot_i16x8(i16x8_relaxed_dot_i8x16_i7x16(eight, seven), i16x8_splat(1)))
    }
    #[inline(always)]
    pub fn dot7(s: S, w: S, a: S) -> S {
        [dot(s[0], w[0], a[0]), dot(s[1], w[1], a[1])]
    }
    #[inline(always)]
    pub fn close4(s: S) -> [v128; 2] {
        s.map(|s| i32x4_extadd_pairwise_i16x8(s))
    }
    #[inline(always)]
    pub fn close(s: S) -> [v128; 2] {
        s
    }
}

/// Sums of products, two lanes in each register: what the widened dot product leaves.
#[cfg(not(target_feature = "relaxed-simd"))]
mod sums {
    use super::*;
    pub type S = [v128; 4];
    #[inline(always)]
    pub fn start() -> S {
        [i32x4_splat(0); 4]
    }
    #[inline(always)]
    pub fn dot4(s: S, w: [v128; 2], a: [v128; 2]) -> S {
        dot7(s, w, a)
    }
    /// Widened to 16 bits, where signs do not matter.
    #[inline(always)]
    pub fn dot7(s: S, w: [v128; 2], a: [v128; 2]) -> S {
        let a = i16x8_extend_low_i8x16(a[0]);
        let wide = [
            i16x8_extend_low_i8x16(w[0]),
            i16x8_extend_high_i8x16(w[0]),
            i16x8_extend_low_i8x16(w[1]),
            i16x8_extend_high_i8x16(w[1]),
        ];
        [0, 1, 2, 3].map(|i| i32x4_add(s[i], i32x4_dot_i16x8(wide[i], a)))
    }
    #[inline(always)]
    pub fn close4(s: S) -> [v128; 2] {
        close(s)
    }
    #[inline(always)]
    pub fn close(s: S) -> [v128; 2] {
        [(s[0], s[1]), (s[2], s[3])]
            .map(|(a, b)| i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b)))
    }
}

// SAFETY: the module as a whole is compiled for these instructions; loads and stores are unaligned ones inside
// slices whose length is asserted.
unsafe impl Lanes for Wasm {
    type V = [v128; 2];
    type B = [v128; 2];
    type S = sums::S;
    type W = [v128; 2];
    type T = [v128; 2];
    const WIDE: bool = false;
    #[inline(always)]
    fn splat(v: f32) -> [v128; 2] {
        [f32x4_splat(v); 2]
    }
    #[inline(always)]
    fn load(from: &[f32]) -> [v128; 2] {
        let from = &from[..8];
        // SAFETY: eight numbers are there.
        unsafe { [v128_load(from.as_ptr().cast()), v128_load(from.as_ptr().add(4).cast())] }
    }
    #[inline(always)]
    fn store(v: [v128; 2], to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: room for eight numbers is there.
        unsafe {
            v128_store(to.as_mut_ptr().cast(), v[0]);
            v128_store(to.as_mut_ptr().add(4).cast(), v[1]);
        }
    }
    #[inline(always)]
    fn add(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| f32x4_add(a, b))
    }
    #[inline(always)]
    fn sub(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| f32x4_sub(a, b))
    }
    #[inline(always)]
    fn mul(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| f32x4_mul(a, b))
    }
    #[inline(always)]
    fn div(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| f32x4_div(a, b))
    }
    #[inline(always)]
    fn max(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        // One instruction on x86, where f32x4_max takes seven to treat what is no number.
        two(a, b, |a, b| f32x4_pmax(a, b))
    }
    #[inline(always)]
    fn min(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| f32x4_pmin(a, b))
    }
    #[inline(always)]
    fn abs(v: [v128; 2]) -> [v128; 2] {
        v.map(|v| f32x4_abs(v))
    }
    #[inline(always)]
    fn fused(a: [v128; 2], b: [v128; 2], c: [v128; 2]) -> [v128; 2] {
        #[cfg(target_feature = "relaxed-simd")]
        return [0, 1].map(|i| f32x4_relaxed_madd(a[i], b[i], c[i]));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self::add(Self::mul(a, b), c);
    }
    #[inline(always)]
    fn ldexp(v: [v128; 2], n: [v128; 2]) -> [v128; 2] {
        two(v, n, |v, n| i32x4_add(v, i32x4_shl(n, 23)))
    }
    #[inline(always)]
    fn larger(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| i32x4_max(a, b))
    }
    #[inline(always)]
    fn largest(v: [v128; 2]) -> f32 {
        let four = i32x4_max(v[0], v[1]);
        let two = i32x4_max(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32::from_bits(i32x4_extract_lane::<0>(two).max(i32x4_extract_lane::<1>(two)) as u32)
    }
    #[inline(always)]
    fn sum(v: [v128; 2]) -> f32 {
        let four = f32x4_add(v[0], v[1]);
        let two = f32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }
    #[inline(always)]
    fn most(v: [v128; 2]) -> f32 {
        let four = f32x4_pmax(v[0], v[1]);
        let two = f32x4_pmax(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32x4_extract_lane::<0>(two).max(f32x4_extract_lane::<1>(two))
    }

    #[inline(always)]
    fn turn(r: [[v128; 2]; 8]) -> [[v128; 2]; 8] {
        let mut out = r;
        for (rows, cols) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| r[4 * rows + i][cols]);
            let [ab, ef] = [i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b)];
            let [cd, gh] = [i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d)];
            out[4 * cols][rows] = i32x4_shuffle::<0, 1, 4, 5>(ab, cd);
            out[4 * cols + 1][rows] = i32x4_shuffle::<2, 3, 6, 7>(ab, cd);
            out[4 * cols + 2][rows] = i32x4_shuffle::<0, 1, 4, 5>(ef, gh);
            out[4 * cols + 3][rows] = i32x4_shuffle::<2, 3, 6, 7>(ef, gh);
        }
        out
    }
    #[inline(always)]
    fn reals(from: &[u8]) -> [v128; 2] {
        load(from)
    }
    #[inline(always)]
    fn halves(from: &[u8]) -> [v128; 2] {
        let from = &from[..16];
        // SAFETY: 16 bytes are there.
        let bits = unsafe { v128_load(from.as_ptr().cast()) };
        [u32x4_extend_low_u16x8(bits), u32x4_extend_high_u16x8(bits)].map(|bits| {
            let size = i32x4_shl(v128_and(bits, u32x4_splat(0x7fff)), 13);
            // The exponents' biases differ by 112. A multiplication gets numbers below the smallest normal one right;
            // infinities and what is no number keep the largest exponent.
            let most = v128_and(i32x4_ge(size, i32x4_splat(0x0f80_0000)), i32x4_splat(0x7f80_0000));
            let v = v128_or(f32x4_mul(size, u32x4_splat((127 + 112) << 23)), most);
            v128_or(v, i32x4_shl(v128_and(bits, u32x4_splat(0x8000)), 16))
        })
    }
    #[inline(always)]
    fn uppers(from: &[u8]) -> [v128; 2] {
        let from = &from[..16];
        // SAFETY: 16 bytes are there.
        let bits = unsafe { v128_load(from.as_ptr().cast()) };
        [u32x4_extend_low_u16x8(bits), u32x4_extend_high_u16x8(bits)].map(|bits| i32x4_shl(bits, 16))
    }
    #[inline(always)]
    fn bytes(from: &[u8]) -> [v128; 2] {
        load(from)
    }
    #[inline(always)]
    fn quad(from: &[u8]) -> [v128; 2] {
        let from = &from[..4];
        // SAFETY: four bytes are there.
        [unsafe { v128_load32_splat(from.as_ptr().cast()) }; 2]
    }
    #[inline(always)]
    fn keep(b: [v128; 2], to: &mut [u8]) {
        let to = &mut to[..32];
        // SAFETY: room for 32 bytes is there.
        unsafe {
            v128_store(to.as_mut_ptr().cast(), b[0]);
            v128_store(to.as_mut_ptr().add(16).cast(), b[1]);
        }
    }
    #[inline(always)]
    fn part(b: [v128; 2], by: u32, mask: u8) -> [v128; 2] {
        // As in `nibbles`.
        b.map(|b| v128_and(if by == 0 { b } else { u16x8_shr(b, by) }, u8x16_splat(mask)))
    }
    #[inline(always)]
    fn join(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| v128_or(a, b))
    }
    #[inline(always)]
    fn nibbles(b: [v128; 2]) -> ([v128; 2], [v128; 2]) {
        // Shifted as 16 bits: x86 has no shift of bytes, and the mask removes the neighbour's.
        let low = u8x16_splat(15);
        (b.map(|b| v128_and(b, low)), b.map(|b| v128_and(u16x8_shr(b, 4), low)))
    }
    #[inline(always)]
    fn byte<const J: i32>(b: [v128; 2]) -> [v128; 2] {
        b.map(|b| f32x4_convert_i32x4(i32x4_shr(i32x4_shl(b, (24 - 8 * J) as u32), 24)))
    }
    #[inline(always)]
    fn start() -> sums::S {
        sums::start()
    }
    #[inline(always)]
    fn dot4(s: sums::S, w: [v128; 2], a: [v128; 2]) -> sums::S {
        sums::dot4(s, w, a)
    }
    #[inline(always)]
    fn dot7(s: sums::S, w: [v128; 2], a: [v128; 2]) -> sums::S {
        sums::dot7(s, w, a)
    }
    #[inline(always)]
    fn close4(s: sums::S, bias: i32) -> [v128; 2] {
        sums::close4(s).map(|s| f32x4_convert_i32x4(i32x4_add(s, i32x4_splat(bias))))
    }
    #[inline(always)]
    fn close(s: sums::S, bias: i32) -> [v128; 2] {
        sums::close(s).map(|s| f32x4_convert_i32x4(i32x4_add(s, i32x4_splat(bias))))
    }

    #[inline(always)]
    fn wide(from: &[u8]) -> [v128; 2] {
        let from = &from[..16];
        // Two loads that widen: of a vector already loaded, the upper half takes two instructions on x86.
        // SAFETY: 16 bytes are there.
        unsafe { [i16x8_load_extend_i8x8(from.as_ptr().cast()), i16x8_load_extend_i8x8(from.as_ptr().add(8).cast())] }
    }
    #[inline(always)]
    fn pair(from: &[i16]) -> [v128; 2] {
        let from = &from[..2];
        // SAFETY: four bytes are there.
        [unsafe { v128_load32_splat(from.as_ptr().cast()) }; 2]
    }
    #[inline(always)]
    fn nothing() -> [v128; 2] {
        [i32x4_splat(0); 2]
    }
    #[inline(always)]
    fn beyond(v: [v128; 2], than: [v128; 2]) -> [v128; 2] {
        two(v, than, |v, than| i32x4_sub(v, than))
    }
    #[inline(always)]
    fn plus(a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        two(a, b, |a, b| i32x4_add(a, b))
    }
    #[inline(always)]
    fn total(t: [v128; 2]) -> i32 {
        let four = i32x4_add(t[0], t[1]);
        let two = i32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        i32x4_extract_lane::<0>(two).wrapping_add(i32x4_extract_lane::<1>(two))
    }
    #[inline(always)]
    fn small(t: [v128; 2], to: &mut [u8], step: usize) {
        let to = &mut to[..step + 4];
        let shorts = i16x8_narrow_i32x4(t[0], t[1]);
        let bytes = i8x16_narrow_i16x8(shorts, shorts);
        // SAFETY: room for four bytes is there, and for four more `step` after them.
        unsafe {
            v128_store32_lane::<0>(bytes, to.as_mut_ptr().cast());
            v128_store32_lane::<1>(bytes, to.as_mut_ptr().add(step).cast());
        }
    }
    #[inline(always)]
    fn short(t: [v128; 2], to: &mut [i16]) {
        let to = &mut to[..8];
        // SAFETY: room for eight numbers is there.
        unsafe { v128_store(to.as_mut_ptr().cast(), i16x8_narrow_i32x4(t[0], t[1])) }
    }
    #[inline(always)]
    fn shorts(t: [[v128; 2]; 4], to: &mut [i16]) {
        let to = &mut to[..32];
        let [a, b, c, d] = t.map(|t| i16x8_narrow_i32x4(t[0], t[1]));
        let [ab, ef] = [i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b)];
        let [cd, gh] = [i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d)];
        // SAFETY: room for four times eight numbers is there.
        unsafe {
            let to = to.as_mut_ptr();
            v128_store(to.cast(), i32x4_shuffle::<0, 1, 4, 5>(ab, cd));
            v128_store(to.add(8).cast(), i32x4_shuffle::<2, 3, 6, 7>(ab, cd));
            v128_store(to.add(16).cast(), i32x4_shuffle::<0, 1, 4, 5>(ef, gh));
            v128_store(to.add(24).cast(), i32x4_shuffle::<2, 3, 6, 7>(ef, gh));
        }
    }
    #[inline(always)]
    fn dot(t: [v128; 2], w: [v128; 2], a: [v128; 2]) -> [v128; 2] {
        [0, 1].map(|i| i32x4_add(t[i], i32x4_dot_i16x8(w[i], a[i])))
    }
    #[inline(always)]
    fn whole(t: [v128; 2]) -> [v128; 2] {
        t.map(|t| f32x4_convert_i32x4(t))
    }
    #[inline(always)]
    fn eight(from: &[u8]) -> [v128; 2] {
        let from = &from[..8];
        // SAFETY: eight bytes are there.
        let shorts = unsafe { i16x8_load_extend_i8x8(from.as_ptr().cast()) };
        [i32x4_extend_low_i16x8(shorts), i32x4_extend_high_i16x8(shorts)]
    }
    #[inline(always)]
    fn halved(from: &[u8]) -> ([v128; 2], [v128; 2]) {
        let from = &from[..8];
        // SAFETY: eight bytes are there.
        let shorts = unsafe { u16x8_load_extend_u8x8(from.as_ptr().cast()) };
        let bytes = [u32x4_extend_low_u16x8(shorts), u32x4_extend_high_u16x8(shorts)];
        (bytes.map(|b| v128_and(b, u32x4_splat(15))), bytes.map(|b| u32x4_shr(b, 4)))
    }
}
