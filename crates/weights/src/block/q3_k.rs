//! 256 numbers in 110 bytes: 32 × third bits, 64 × four 2-bit codes, 12 bytes of 6-bit scales, f16 d.
//! x = d·(scale − 32)·(q − 4), 16 sub-blocks of 16.

use super::fit::{Form, block};
use super::{Codes, KindSpec, Scales, half_at, put_half, put_two_bits, two_bits};

pub const SPEC: KindSpec = KindSpec {
    name: "q3_k",
    ggml: 11,
    block: 256,
    bytes: 110,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 16, bits: 3, offset: 4, min: false, steps: 8, read };

const FORM: Form = Form { codes: (-4.0, 3.0), scales: (-32.0, 31.0), mins: 0.0 };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 108);
    for (j, s) in scales.scales.iter_mut().enumerate() {
        *s = scale(&b[96..], j) as i8 - 32;
    }
    for (i, code) in codes.iter_mut().enumerate() {
        *code = two_bits(&b[32..], i) | (b[i % 32] >> (i / 32) & 1) << 2;
    }
}

/// Low four bits: byte j % 8, low half first. High two: byte 8 + j % 4, pair j / 4.
fn scale(s: &[u8], j: usize) -> u8 {
    (s[j % 8] >> (4 * (j / 8)) & 15) | (s[8 + j % 4] >> (2 * (j / 4)) & 3) << 4
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(110)) {
        let best = block::<16, 2>(x, &FORM);
        b.fill(0);
        put_half(b, 108, best.d);
        for j in 0..16 {
            let s = (best.scale(j) + 32) as u8;
            b[96 + j % 8] |= (s & 15) << (4 * (j / 8));
            b[104 + j % 4] |= (s >> 4) << (2 * (j / 4));
        }
        let mut codes = best.codes(x, &FORM);
        for (i, code) in codes.iter_mut().enumerate() {
            b[i % 32] |= (*code >> 2) << (i / 32);
            *code &= 3;
        }
        put_two_bits(&mut b[32..96], &codes);
    }
}
