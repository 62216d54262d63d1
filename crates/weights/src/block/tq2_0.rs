//! 256 numbers in 66 bytes: 64 × four 2-bit codes, f16 d. x = d · (q − 1), so −d, 0 or d.
//! Code n of byte m in each half of 128 is number 32·n + m of that half.

use super::{Codes, KindSpec, Scales, half_at, inverse, put_half, two_bits};

pub const SPEC: KindSpec = KindSpec {
    name: "tq2_0",
    ggml: 35,
    block: 256,
    bytes: 66,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 2, offset: 1, min: false, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 64);
    for (i, code) in codes.iter_mut().enumerate() {
        *code = two_bits(b, i);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(66)) {
        let d = x.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = inverse(d);
        b.fill(0);
        for (i, v) in x.iter().enumerate() {
            b[i / 128 * 32 + i % 32] |= (((v * scale).round() as i32 + 1) as u8 & 3) << (2 * (i % 128 / 32));
        }
        put_half(b, 64, d);
    }
}
