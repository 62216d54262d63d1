//! 32 numbers in 34 bytes: f16 d, 32 × i8. x = d · q.

use super::{Codes, KindSpec, Scales, half_at, inverse, put_half};

pub const SPEC: KindSpec = KindSpec {
    name: "q8_0",
    ggml: 8,
    block: 32,
    bytes: 34,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 8, offset: 0, min: false, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 0);
    codes.copy_from_slice(&b[2..]);
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
