//! 32 numbers in 22 bytes: f16 d, u32 of fifth bits, 16 × two nibbles. x = d · (q − 16).

use super::{KindSpec, half_at, inverse, nibbles, put_half, signed_max, word_at};

pub const SPEC: KindSpec = KindSpec { name: "q5_0", ggml: 6, block: 32, bytes: 22, unpack, pack };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, x) in src.chunks_exact(22).zip(dst.chunks_exact_mut(32)) {
        let (d, high) = (half_at(b, 0), word_at(b, 2));
        nibbles(&b[6..], |i, q| x[i] = d * ((q as u32 | (high >> i & 1) << 4) as f32 - 16.0));
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(32).zip(dst.chunks_exact_mut(22)) {
        let d = signed_max(x) / -16.0;
        put_half(b, 0, d);
        let scale = inverse(d);
        put_codes(b, 2, |i| ((x[i] * scale + 16.5) as i32).min(31) as u8);
    }
}

/// Fifth bits at `at`, nibbles behind them; shared with q5_1.
pub fn put_codes(b: &mut [u8], at: usize, code: impl Fn(usize) -> u8) {
    let mut high = 0u32;
    for j in 0..16 {
        let (low, up) = (code(j), code(j + 16));
        b[at + 4 + j] = low & 15 | (up & 15) << 4;
        high |= (low as u32 >> 4) << j | (up as u32 >> 4) << (j + 16);
    }
    b[at..at + 4].copy_from_slice(&high.to_le_bytes());
}
