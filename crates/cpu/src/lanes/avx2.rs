//! Eight lanes in one register: AVX2 with fused multiply-add and f16 conversion.

use super::{Body, Lanes};
use core::arch::x86_64::*;

#[derive(Clone, Copy)]
pub struct Avx2;

/// Whether this processor has all of it. Those with AVX2 have had the others too.
pub fn there() -> bool {
    std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
        && std::is_x86_feature_detected!("f16c")
}

/// # Safety
/// `there` must hold.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn run<B: Body>(body: B) -> B::Out {
    body.run::<Avx2>()
}

/// Eight i32 as i16, saturated.
///
/// # Safety
/// As for `Lanes`.
#[inline(always)]
unsafe fn narrow(t: __m256i) -> __m128i {
    // SAFETY: by the caller's promise.
    unsafe { _mm_packs_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1)) }
}

// SAFETY: every intrinsic here needs AVX2, FMA or F16C, which `run`'s caller has checked; loads and stores are
// unaligned ones inside slices whose length is asserted.
unsafe impl Lanes for Avx2 {
    type V = __m256;
    type B = __m256i;
    /// Eight i32, or sixteen i16 until `close4`: products of nibbles are at most 15 · 127, and sixteen of them fit.
    type S = __m256i;
    type W = __m256i;
    type T = __m256i;
    const WIDE: bool = true;
    #[inline(always)]
    fn splat(v: f32) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_set1_ps(v) }
    }
    #[inline(always)]
    fn load(from: &[f32]) -> __m256 {
        let from = &from[..8];
        // SAFETY: eight numbers are there.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(v: __m256, to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: room for eight numbers is there.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn max(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    fn abs(v: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), v) }
    }
    #[inline(always)]
    fn fused(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn ldexp(v: __m256, n: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe {
            let n = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(v), n))
        }
    }
    #[inline(always)]
    fn larger(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b))) }
    }
    #[inline(always)]
    fn largest(v: __m256) -> f32 {
        // SAFETY: see the impl.
        unsafe {
            let v = _mm256_castps_si256(v);
            let four = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
            let two = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
            f32::from_bits(_mm_cvtsi128_si32(two).max(_mm_extract_epi32(two, 1)) as u32)
        }
    }
    #[inline(always)]
    fn sum(v: __m256) -> f32 {
        // SAFETY: see the impl.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)))
        }
    }
    #[inline(always)]
    fn most(v: __m256) -> f32 {
        // SAFETY: see the impl.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)))
        }
    }

    #[inline(always)]
    fn turn(r: [__m256; 8]) -> [__m256; 8] {
        let mut out = r;
        // SAFETY: see the impl.
        unsafe {
            for half in [0, 1] {
                let [a, b, c, d] = [0, 1, 2, 3].map(|i| r[4 * half + i]);
                let (ab, ef) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd, gh) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                out[4 * half] = _mm256_shuffle_ps::<0x44>(ab, cd);
                out[4 * half + 1] = _mm256_shuffle_ps::<0xee>(ab, cd);
                out[4 * half + 2] = _mm256_shuffle_ps::<0x44>(ef, gh);
                out[4 * half + 3] = _mm256_shuffle_ps::<0xee>(ef, gh);
            }
            // Each half register holds four rows of a column.
            for i in 0..4 {
                let (low, high) = (out[i], out[i + 4]);
                out[i] = _mm256_permute2f128_ps::<0x20>(low, high);
                out[i + 4] = _mm256_permute2f128_ps::<0x31>(low, high);
            }
        }
        out
    }
    #[inline(always)]
    fn reals(from: &[u8]) -> __m256 {
        let from = &from[..32];
        // SAFETY: 32 bytes are there.
        unsafe { _mm256_loadu_ps(from.as_ptr().cast()) }
    }
    #[inline(always)]
    fn halves(from: &[u8]) -> __m256 {
        let from = &from[..16];
        // SAFETY: 16 bytes are there.
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().cast())) }
    }
    #[inline(always)]
    fn uppers(from: &[u8]) -> __m256 {
        let from = &from[..16];
        // SAFETY: 16 bytes are there.
        unsafe {
            let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.as_ptr().cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))
        }
    }
    #[inline(always)]
    fn bytes(from: &[u8]) -> __m256i {
        let from = &from[..32];
        // SAFETY: 32 bytes are there.
        unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
    }
    #[inline(always)]
    fn quad(from: &[u8]) -> __m256i {
        let four = i32::from_le_bytes([from[0], from[1], from[2], from[3]]);
        // SAFETY: see the impl.
        unsafe { _mm256_set1_epi32(four) }
    }
    #[inline(always)]
    fn keep(b: __m256i, to: &mut [u8]) {
        let to = &mut to[..32];
        // SAFETY: room for 32 bytes is there.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), b) }
    }
    #[inline(always)]
    fn part(b: __m256i, by: u32, mask: u8) -> __m256i {
        // Shifted as 16 bits: there is no shift of bytes, and the mask removes the neighbour's.
        // SAFETY: see the impl.
        unsafe {
            let down = _mm256_srl_epi16(b, _mm_cvtsi32_si128(by as i32));
            _mm256_and_si256(down, _mm256_set1_epi8(mask as i8))
        }
    }
    #[inline(always)]
    fn join(a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_or_si256(a, b) }
    }
    #[inline(always)]
    fn nibbles(b: __m256i) -> (__m256i, __m256i) {
        // SAFETY: see the impl.
        unsafe {
            let low = _mm256_set1_epi8(15);
            (_mm256_and_si256(b, low), _mm256_and_si256(_mm256_srli_epi16(b, 4), low))
        }
    }
    #[inline(always)]
    fn byte<const J: i32>(b: __m256i) -> __m256 {
        // SAFETY: see the impl.
        unsafe {
            let up = _mm256_sllv_epi32(b, _mm256_set1_epi32(24 - 8 * J));
            _mm256_cvtepi32_ps(_mm256_srai_epi32(up, 24))
        }
    }
    #[inline(always)]
    fn start() -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    fn dot4(s: __m256i, w: __m256i, a: __m256i) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_add_epi16(s, _mm256_maddubs_epi16(w, a)) }
    }
    #[inline(always)]
    fn dot7(s: __m256i, w: __m256i, a: __m256i) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(w, a), _mm256_set1_epi16(1))) }
    }
    #[inline(always)]
    fn close4(s: __m256i, bias: i32) -> __m256 {
        // SAFETY: see the impl.
        unsafe { Self::close(_mm256_madd_epi16(s, _mm256_set1_epi16(1)), bias) }
    }
    #[inline(always)]
    fn close(s: __m256i, bias: i32) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_cvtepi32_ps(_mm256_add_epi32(s, _mm256_set1_epi32(bias))) }
    }

    #[inline(always)]
    fn wide(from: &[u8]) -> __m256i {
        let from = &from[..16];
        // SAFETY: 16 bytes are there.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(from.as_ptr().cast())) }
    }
    #[inline(always)]
    fn pair(from: &[i16]) -> __m256i {
        let two = from[0] as u16 as u32 | (from[1] as u16 as u32) << 16;
        // SAFETY: see the impl.
        unsafe { _mm256_set1_epi32(two as i32) }
    }
    #[inline(always)]
    fn nothing() -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    fn beyond(v: __m256, than: __m256) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_sub_epi32(_mm256_castps_si256(v), _mm256_castps_si256(than)) }
    }
    #[inline(always)]
    fn plus(a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_add_epi32(a, b) }
    }
    #[inline(always)]
    fn total(t: __m256i) -> i32 {
        // SAFETY: see the impl.
        unsafe {
            let four = _mm_add_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
            let two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
            _mm_cvtsi128_si32(two).wrapping_add(_mm_extract_epi32(two, 1))
        }
    }
    #[inline(always)]
    fn small(t: __m256i, to: &mut [u8], step: usize) {
        let to = &mut to[..step + 4];
        // SAFETY: room for four bytes is there, and for four more `step` after them.
        unsafe {
            let bytes = _mm_packs_epi16(narrow(t), narrow(t));
            to.as_mut_ptr().cast::<i32>().write_unaligned(_mm_cvtsi128_si32(bytes));
            to.as_mut_ptr().add(step).cast::<i32>().write_unaligned(_mm_extract_epi32(bytes, 1));
        }
    }
    #[inline(always)]
    fn short(t: __m256i, to: &mut [i16]) {
        let to = &mut to[..8];
        // SAFETY: room for eight numbers is there.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), narrow(t)) }
    }
    #[inline(always)]
    fn shorts(t: [__m256i; 4], to: &mut [i16]) {
        let to = &mut to[..32];
        // SAFETY: room for four times eight numbers is there.
        unsafe {
            let [a, b, c, d] = [narrow(t[0]), narrow(t[1]), narrow(t[2]), narrow(t[3])];
            let [ab, cd] = [_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d)];
            let [ef, gh] = [_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d)];
            let to = to.as_mut_ptr();
            _mm_storeu_si128(to.cast(), _mm_unpacklo_epi64(ab, cd));
            _mm_storeu_si128(to.add(8).cast(), _mm_unpackhi_epi64(ab, cd));
            _mm_storeu_si128(to.add(16).cast(), _mm_unpacklo_epi64(ef, gh));
            _mm_storeu_si128(to.add(24).cast(), _mm_unpackhi_epi64(ef, gh));
        }
    }
    #[inline(always)]
    fn dot(t: __m256i, w: __m256i, a: __m256i) -> __m256i {
        // SAFETY: see the impl.
        unsafe { _mm256_add_epi32(t, _mm256_madd_epi16(w, a)) }
    }
    #[inline(always)]
    fn whole(t: __m256i) -> __m256 {
        // SAFETY: see the impl.
        unsafe { _mm256_cvtepi32_ps(t) }
    }
    #[inline(always)]
    fn eight(from: &[u8]) -> __m256i {
        let from = &from[..8];
        // SAFETY: eight bytes are there.
        unsafe { _mm256_cvtepi8_epi32(_mm_loadl_epi64(from.as_ptr().cast())) }
    }
    #[inline(always)]
    fn halved(from: &[u8]) -> (__m256i, __m256i) {
        let from = &from[..8];
        // SAFETY: eight bytes are there.
        unsafe {
            let bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.as_ptr().cast()));
            (_mm256_and_si256(bytes, _mm256_set1_epi32(15)), _mm256_srli_epi32(bytes, 4))
        }
    }
}
