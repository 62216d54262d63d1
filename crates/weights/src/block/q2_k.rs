//! 256 numbers in 84 bytes: 16 × (4-bit scale low, 4-bit min high), 64 × four 2-bit codes, f16 d, f16 dmin.
//! x = d·scale·q − dmin·min, 16 sub-blocks of 16.

use super::fit::{Form, block};
use super::{Codes, KindSpec, Scales, half_at, put_half, put_two_bits, two_bits};

pub const SPEC: KindSpec = KindSpec {
    name: "q2_k",
    ggml: 10,
    block: 256,
    bytes: 84,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 16, bits: 2, offset: 0, min: true, steps: 4, read };

const FORM: Form = Form { codes: (0.0, 3.0), scales: (0.0, 15.0), mins: 15.0 };

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    (scales.scale, scales.min) = (half_at(b, 80), -half_at(b, 82));
    for (j, s) in b[..16].iter().enumerate() {
        (scales.scales[j], scales.mins[j]) = ((s & 15) as i8, (s >> 4) as i8);
    }
    for (i, code) in codes.iter_mut().enumerate() {
        *code = two_bits(&b[16..], i);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(84)) {
        let best = block::<16, 2>(x, &FORM);
        put_half(b, 80, best.d);
        put_half(b, 82, best.dmin);
        for (j, s) in b[..16].iter_mut().enumerate() {
            *s = best.scale(j) as u8 | (best.min(j) as u8) << 4;
        }
        put_two_bits(&mut b[16..80], &best.codes(x, &FORM));
    }
}
