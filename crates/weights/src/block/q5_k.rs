//! 256 numbers in 176 bytes: as q4_k, with 32 bytes of fifth bits before the nibbles (bit i / 32 of byte i mod 32).

use super::q4_k::{codes, get_pairs, nibble};
use super::{Codes, KindSpec, Scales};

pub const SPEC: KindSpec = KindSpec {
    name: "q5_k",
    ggml: 13,
    block: 256,
    bytes: 176,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 32, bits: 5, offset: 0, min: true, steps: 8, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    get_pairs(b, scales);
    for (i, code) in codes.iter_mut().enumerate() {
        *code = nibble(&b[48..], i) | (b[16 + i % 32] >> (i / 32) & 1) << 4;
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(176)) {
        b.fill(0);
        for (i, q) in codes(x, b, 31.0).iter().enumerate() {
            b[48 + i / 64 * 32 + i % 32] |= (q & 15) << (4 * (i % 64 / 32));
            b[16 + i % 32] |= (q >> 4) << (i / 32);
        }
    }
}
