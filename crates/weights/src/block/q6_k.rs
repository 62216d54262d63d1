//! 256 numbers in 210 bytes: 128 bytes of low nibbles, 64 of high pairs, 16 × i8 scales, f16 d.
//! x = d·scale·(q − 32), 16 sub-blocks of 16.

use super::fit::{Form, block};
use super::{Codes, KindSpec, Scales, half_at, put_half};

pub const SPEC: KindSpec = KindSpec {
    name: "q6_k",
    ggml: 14,
    block: 256,
    bytes: 210,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 16, bits: 6, offset: 32, min: false, steps: 8, read };

const FORM: Form = Form { codes: (-32.0, 31.0), scales: (-128.0, 127.0), mins: 0.0 };

/// Number i: byte and shift of its low nibble, byte and shift of its high pair. Each half of 128 has 64 bytes of
/// nibbles and 32 of pairs.
fn place(i: usize) -> (usize, usize, usize, usize) {
    let (half, run, l) = (i / 128, i % 128 / 32, i % 32);
    (64 * half + 32 * (run % 2) + l, 4 * (run / 2), 128 + 32 * half + l, 2 * run)
}

fn read(b: &[u8], codes: &mut [u8], scales: &mut Scales) {
    scales.scale = half_at(b, 208);
    for (s, code) in scales.scales.iter_mut().zip(&b[192..208]) {
        *s = *code as i8;
    }
    for (i, code) in codes.iter_mut().enumerate() {
        let (low, by, high, up) = place(i);
        *code = b[low] >> by & 15 | (b[high] >> up & 3) << 4;
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(210)) {
        let best = block::<16, 2>(x, &FORM);
        b.fill(0);
        put_half(b, 208, best.d);
        for (j, s) in b[192..208].iter_mut().enumerate() {
            *s = best.scale(j) as i8 as u8;
        }
        for (i, q) in best.codes(x, &FORM).iter().enumerate() {
            let (low, by, high, up) = place(i);
            b[low] |= (q & 15) << by;
            b[high] |= (q >> 4) << up;
        }
    }
}
