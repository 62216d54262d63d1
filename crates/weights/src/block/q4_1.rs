//! 32 numbers in 20 bytes: f16 d, f16 m, 16 × two nibbles (j low, j + 16 high). x = d · q + m.

use super::{Codes, KindSpec, Scales, half_at, inverse, nibbles, put_half, range};

pub const SPEC: KindSpec = KindSpec {
    name: "q4_1",
    ggml: 3,
    block: 32,
    bytes: 20,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 4, offset: 0, min: true, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    (scales.scale, scales.min) = (half_at(b, 0), half_at(b, 2));
    nibbles(&b[4..], |i, q| codes[i] = q);
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(32).zip(dst.chunks_exact_mut(20)) {
        let (min, max) = range(x);
        let d = (max - min) / 15.0;
        put_half(b, 0, d);
        put_half(b, 2, min);
        let scale = inverse(d);
        let code = |v: f32| (((v - min) * scale + 0.5) as i32).min(15) as u8;
        for j in 0..16 {
            b[4 + j] = code(x[j]) | code(x[j + 16]) << 4;
        }
    }
}
