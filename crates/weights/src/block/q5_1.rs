//! 32 numbers in 24 bytes: f16 d, f16 m, u32 of fifth bits, 16 × two nibbles. x = d · q + m.

use super::{Codes, KindSpec, Scales, half_at, inverse, put_half, q5_0::get_codes, q5_0::put_codes, range};

pub const SPEC: KindSpec = KindSpec {
    name: "q5_1",
    ggml: 7,
    block: 32,
    bytes: 24,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 5, offset: 0, min: true, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    (scales.scale, scales.min) = (half_at(b, 0), half_at(b, 2));
    get_codes(&b[4..], codes);
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
