//! 32 numbers in 18 bytes: f16 d, 16 × two nibbles (j low, j + 16 high). x = d · (q − 8).

use super::{Codes, KindSpec, Scales, half_at, inverse, nibbles, put_half, signed_max};

pub const SPEC: KindSpec = KindSpec {
    name: "q4_0",
    ggml: 2,
    block: 32,
    bytes: 18,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 4, offset: 8, min: false, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 0);
    nibbles(&b[2..], |i, q| codes[i] = q);
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(32).zip(dst.chunks_exact_mut(18)) {
        // The number of largest size becomes code 0, so d may be negative.
        let d = signed_max(x) / -8.0;
        put_half(b, 0, d);
        let scale = inverse(d);
        let code = |v: f32| ((v * scale + 8.5) as i32).min(15) as u8;
        for j in 0..16 {
            b[2 + j] = code(x[j]) | code(x[j + 16]) << 4;
        }
    }
}
