//! 32 numbers in 22 bytes: f16 d, u32 of fifth bits, 16 × two nibbles. x = d · (q − 16).

use super::{Codes, KindSpec, Scales, half_at, inverse, nibbles, put_half, signed_max, word_at};

pub const SPEC: KindSpec = KindSpec {
    name: "q5_0",
    ggml: 6,
    block: 32,
    bytes: 22,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 5, offset: 16, min: false, steps: 0, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 0);
    get_codes(&b[2..], codes);
}

/// Fifth bits, nibbles behind them; shared with q5_1.
pub fn get_codes(b: &[u8], codes: &mut [u8]) {
    let high = word_at(b, 0);
    nibbles(&b[4..], |i, q| codes[i] = q | ((high >> i & 1) << 4) as u8);
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
