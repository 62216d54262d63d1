//! 32 numbers in 34 bytes: f16 d, 32 × i8. x = d · q.

use super::{KindSpec, half_at, inverse, put_half};

pub const SPEC: KindSpec = KindSpec { name: "q8_0", ggml: 8, block: 32, bytes: 34, unpack, pack };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, x) in src.chunks_exact(34).zip(dst.chunks_exact_mut(32)) {
        let d = half_at(b, 0);
        for (x, q) in x.iter_mut().zip(&b[2..]) {
            *x = d * *q as i8 as f32;
        }
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(32).zip(dst.chunks_exact_mut(34)) {
        let d = x.iter().fold(0.0f32, |m, v| m.max(v.abs())) / 127.0;
        put_half(b, 0, d);
        let scale = inverse(d);
        for (x, q) in x.iter().zip(&mut b[2..]) {
            *q = (x * scale).round() as i8 as u8;
        }
    }
}
