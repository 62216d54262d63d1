//! 256 numbers in 176 bytes: as q4_k, with 32 bytes of fifth bits before the nibbles (bit i / 32 of byte i mod 32).

use super::q4_k::{codes, nibble, pair};
use super::{KindSpec, half_at};

pub const SPEC: KindSpec = KindSpec { name: "q5_k", ggml: 13, block: 256, bytes: 176, unpack, pack };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, x) in src.chunks_exact(176).zip(dst.chunks_exact_mut(256)) {
        let (d, dmin) = (half_at(b, 0), half_at(b, 2));
        for (i, x) in x.iter_mut().enumerate() {
            let (scale, min) = pair(&b[4..16], i / 32);
            let q = nibble(&b[48..], i) | (b[16 + i % 32] >> (i / 32) & 1) << 4;
            *x = d * scale as f32 * q as f32 - dmin * min as f32;
        }
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(176)) {
        b.fill(0);
        for (i, q) in codes(x, b, 31, -0.5, 15).iter().enumerate() {
            b[48 + i / 64 * 32 + i % 32] |= (q & 15) << (4 * (i % 64 / 32));
            b[16 + i % 32] |= (q >> 4) << (i / 32);
        }
    }
}
