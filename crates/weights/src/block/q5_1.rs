//! 32 numbers in 24 bytes: f16 d, f16 m, u32 of fifth bits, 16 × two nibbles. x = d · q + m.

use super::{KindSpec, half_at, inverse, nibbles, put_half, q5_0::put_codes, range, word_at};

pub const SPEC: KindSpec = KindSpec { name: "q5_1", ggml: 7, block: 32, bytes: 24, unpack, pack };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, x) in src.chunks_exact(24).zip(dst.chunks_exact_mut(32)) {
        let (d, m, high) = (half_at(b, 0), half_at(b, 2), word_at(b, 4));
        nibbles(&b[8..], |i, q| x[i] = d * (q as u32 | (high >> i & 1) << 4) as f32 + m);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(32).zip(dst.chunks_exact_mut(24)) {
        let (min, max) = range(x);
        let d = (max - min) / 31.0;
        put_half(b, 0, d);
        put_half(b, 2, min);
        let scale = inverse(d);
        put_codes(b, 4, |i| (((x[i] - min) * scale + 0.5) as i32).min(31) as u8);
    }
}
