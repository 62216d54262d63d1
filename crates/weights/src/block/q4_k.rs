//! 256 numbers in 144 bytes: f16 d, f16 dmin, 12 bytes of 6-bit (scale, min), 128 × two nibbles.
//! x = d·scale·q − dmin·min, 8 sub-blocks of 32. Nibbles: byte l of run r holds 64·r + l low, 64·r + 32 + l high.

use super::fit::{Form, block};
use super::{Codes, KindSpec, Scales, half_at, put_half};

pub const SPEC: KindSpec = KindSpec {
    name: "q4_k",
    ggml: 12,
    block: 256,
    bytes: 144,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 4, offset: 0, min: true, steps: 8, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    get_pairs(b, scales);
    for (i, code) in codes.iter_mut().enumerate() {
        *code = nibble(&b[16..], i);
    }
}

/// Scales and mins from a block's first 16 bytes; shared with q5_k.
pub fn get_pairs(b: &[u8], scales: &mut Scales) {
    (scales.scale, scales.min) = (half_at(b, 0), -half_at(b, 2));
    for j in 0..8 {
        let (scale, min) = pair(&b[4..16], j);
        (scales.scales[j], scales.mins[j]) = (scale as i8, min as i8);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(144)) {
        b.fill(0);
        for (i, q) in codes(x, b, 15.0).iter().enumerate() {
            b[16 + i / 64 * 32 + i % 32] |= q << (4 * (i % 64 / 32));
        }
    }
}

pub fn nibble(qs: &[u8], i: usize) -> u8 {
    qs[i / 64 * 32 + i % 32] >> (4 * (i % 64 / 32)) & 15
}

/// The j-th (scale, min) of 12 bytes: the first four pairs lie plain in six bits, the last four are split between
/// nibbles of the last four bytes and the spare bits of the first eight.
pub fn pair(s: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        (s[j] & 63, s[j + 4] & 63)
    } else {
        (s[j + 4] & 15 | (s[j - 4] >> 6) << 4, s[j + 4] >> 4 | (s[j] >> 6) << 4)
    }
}

/// Writes the 16 bytes of d, dmin and pairs, and returns the codes. Shared with q5_k.
pub fn codes(x: &[f32], b: &mut [u8], most: f32) -> [u8; 256] {
    let form = Form { codes: (0.0, most), scales: (0.0, 63.0), mins: 63.0 };
    let best = block::<32, 1>(x, &form);
    put_half(b, 0, best.d);
    put_half(b, 2, best.dmin);
    for j in 0..8 {
        let (s, m) = (best.scale(j) as u8, best.min(j) as u8);
        if j < 4 {
            b[4 + j] |= s;
            b[8 + j] |= m;
        } else {
            b[8 + j] |= s & 15 | (m & 15) << 4;
            b[j] |= (s >> 4) << 6;
            b[4 + j] |= (m >> 4) << 6;
        }
    }
    best.codes(x, &form)
}
