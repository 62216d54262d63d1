//! Eight lanes as plain arrays: what every machine has, and what the others are compared with.

use super::{LANES, Lanes};
use std::array::from_fn;

#[derive(Clone, Copy)]
pub struct Scalar;

type V = [f32; LANES];
type B = [u8; 4 * LANES];
type S = [i32; LANES];
type W = [[i16; 2]; LANES];

#[inline(always)]
fn two(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
    from_fn(|i| f(a[i], b[i]))
}

/// Adds the four products of each lane.
#[inline(always)]
fn four(s: S, w: B, a: B) -> S {
    from_fn(|i| (4 * i..4 * i + 4).fold(s[i], |sum, j| sum.wrapping_add(w[j] as i32 * a[j] as i8 as i32)))
}

// SAFETY: no special instructions.
unsafe impl Lanes for Scalar {
    type V = V;
    type B = B;
    type S = S;
    type W = W;
    type T = S;
    const WIDE: bool = false;
    #[inline(always)]
    fn splat(v: f32) -> V {
        [v; LANES]
    }
    #[inline(always)]
    fn load(from: &[f32]) -> V {
        from_fn(|i| from[i])
    }
    #[inline(always)]
    fn store(v: V, to: &mut [f32]) {
        to[..LANES].copy_from_slice(&v);
    }
    #[inline(always)]
    fn add(a: V, b: V) -> V {
        two(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(a: V, b: V) -> V {
        two(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(a: V, b: V) -> V {
        two(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(a: V, b: V) -> V {
        two(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn max(a: V, b: V) -> V {
        two(a, b, f32::max)
    }
    #[inline(always)]
    fn min(a: V, b: V) -> V {
        two(a, b, f32::min)
    }
    #[inline(always)]
    fn abs(v: V) -> V {
        v.map(f32::abs)
    }
    #[inline(always)]
    fn fused(a: V, b: V, c: V) -> V {
        from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn ldexp(v: V, n: V) -> V {
        two(v, n, |v, n| f32::from_bits(v.to_bits().wrapping_add(n.to_bits() << 23)))
    }
    #[inline(always)]
    fn larger(a: V, b: V) -> V {
        from_fn(|i| f32::from_bits(a[i].to_bits().max(b[i].to_bits())))
    }
    #[inline(always)]
    fn largest(v: V) -> f32 {
        f32::from_bits(v.iter().map(|v| v.to_bits()).max().unwrap_or(0))
    }
    #[inline(always)]
    fn sum(v: V) -> f32 {
        // In halves, as registers are summed: the order decides the last bit.
        let four: [f32; 4] = from_fn(|i| v[i] + v[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    }
    #[inline(always)]
    fn most(v: V) -> f32 {
        v.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    #[inline(always)]
    fn turn(rows: [V; LANES]) -> [V; LANES] {
        from_fn(|j| from_fn(|i| rows[i][j]))
    }
    #[inline(always)]
    fn reals(from: &[u8]) -> V {
        from_fn(|i| f32::from_le_bytes(from_fn(|j| from[4 * i + j])))
    }
    #[inline(always)]
    fn halves(from: &[u8]) -> V {
        from_fn(|i| {
            let bits = u16::from_le_bytes([from[2 * i], from[2 * i + 1]]) as u32;
            let size = (bits & 0x7fff) << 13;
            // The exponents' biases differ by 112. A multiplication gets numbers below the smallest normal one right;
            // infinities and what is no number keep the largest exponent.
            let most = if size >= 0x0f80_0000 { 0x7f80_0000 } else { 0 };
            let v = (f32::from_bits(size) * f32::from_bits((127 + 112) << 23)).to_bits() | most;
            f32::from_bits(v | (bits & 0x8000) << 16)
        })
    }
    #[inline(always)]
    fn uppers(from: &[u8]) -> V {
        from_fn(|i| f32::from_bits((u16::from_le_bytes([from[2 * i], from[2 * i + 1]]) as u32) << 16))
    }
    #[inline(always)]
    fn bytes(from: &[u8]) -> B {
        from_fn(|i| from[i])
    }
    #[inline(always)]
    fn quad(from: &[u8]) -> B {
        let from = &from[..4];
        from_fn(|i| from[i % 4])
    }
    #[inline(always)]
    fn keep(b: B, to: &mut [u8]) {
        to[..4 * LANES].copy_from_slice(&b);
    }
    #[inline(always)]
    fn part(b: B, by: u32, mask: u8) -> B {
        b.map(|b| b >> by & mask)
    }
    #[inline(always)]
    fn join(a: B, b: B) -> B {
        from_fn(|i| a[i] | b[i])
    }
    #[inline(always)]
    fn nibbles(b: B) -> (B, B) {
        (b.map(|b| b & 15), b.map(|b| b >> 4))
    }
    #[inline(always)]
    fn byte<const J: i32>(b: B) -> V {
        from_fn(|i| b[4 * i + J as usize] as i8 as f32)
    }
    #[inline(always)]
    fn start() -> S {
        [0; LANES]
    }
    #[inline(always)]
    fn dot4(s: S, w: B, a: B) -> S {
        four(s, w, a)
    }
    #[inline(always)]
    fn dot7(s: S, w: B, a: B) -> S {
        four(s, w, a)
    }
    #[inline(always)]
    fn close4(s: S, bias: i32) -> V {
        Self::close(s, bias)
    }
    #[inline(always)]
    fn close(s: S, bias: i32) -> V {
        s.map(|s| s.wrapping_add(bias) as f32)
    }

    #[inline(always)]
    fn wide(from: &[u8]) -> W {
        from_fn(|i| [from[2 * i] as i8 as i16, from[2 * i + 1] as i8 as i16])
    }
    #[inline(always)]
    fn pair(from: &[i16]) -> W {
        [[from[0], from[1]]; LANES]
    }
    #[inline(always)]
    fn nothing() -> S {
        [0; LANES]
    }
    #[inline(always)]
    fn beyond(v: V, than: V) -> S {
        from_fn(|i| (v[i].to_bits() as i32).wrapping_sub(than[i].to_bits() as i32))
    }
    #[inline(always)]
    fn plus(a: S, b: S) -> S {
        from_fn(|i| a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    fn total(t: S) -> i32 {
        t.iter().fold(0, |sum: i32, t| sum.wrapping_add(*t))
    }
    #[inline(always)]
    fn small(t: S, to: &mut [u8], step: usize) {
        for (i, t) in t.iter().enumerate() {
            to[i / 4 * step + i % 4] = *t as u8;
        }
    }
    #[inline(always)]
    fn short(t: S, to: &mut [i16]) {
        for (t, to) in t.iter().zip(&mut to[..LANES]) {
            *to = *t as i16;
        }
    }
    #[inline(always)]
    fn shorts(t: [S; 4], to: &mut [i16]) {
        for (i, to) in to[..4 * LANES].iter_mut().enumerate() {
            *to = t[i / 2 % 4][i / 8 * 2 + i % 2] as i16;
        }
    }
    #[inline(always)]
    fn dot(t: S, w: W, a: W) -> S {
        from_fn(|i| t[i] + w[i][0] as i32 * a[i][0] as i32 + w[i][1] as i32 * a[i][1] as i32)
    }
    #[inline(always)]
    fn whole(t: S) -> V {
        t.map(|t| t as f32)
    }
    #[inline(always)]
    fn eight(from: &[u8]) -> S {
        from_fn(|i| from[i] as i8 as i32)
    }
    #[inline(always)]
    fn halved(from: &[u8]) -> (S, S) {
        (from_fn(|i| from[i] as i32 & 15), from_fn(|i| from[i] as i32 >> 4))
    }
}
