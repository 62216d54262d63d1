//! 256 numbers in 210 bytes: 128 bytes of low nibbles, 64 of high pairs, 16 × i8 scales, f16 d.
//! x = d·scale·(q − 32), 16 sub-blocks of 16.

use super::fit::{nearest, symmetric};
use super::{Codes, KindSpec, half_at, inverse, put_half, signed_max};

pub const SPEC: KindSpec = KindSpec {
    name: "q6_k",
    ggml: 14,
    block: 256,
    bytes: 210,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 16, bits: 6, offset: 32, min: false, read };

/// Number i: byte and shift of its low nibble, byte and shift of its high pair. Each half of 128 has 64 bytes of
/// nibbles and 32 of pairs.
fn place(i: usize) -> (usize, usize, usize, usize) {
    let (half, run, l) = (i / 128, i % 128 / 32, i % 32);
    (64 * half + 32 * (run % 2) + l, 4 * (run / 2), 128 + 32 * half + l, 2 * run)
}

fn read(b: &[u8], codes: &mut [u8], scales: &mut [f32], _: &mut [f32]) {
    let d = half_at(b, 208);
    for (s, code) in scales.iter_mut().zip(&b[192..208]) {
        *s = d * *code as i8 as f32;
    }
    for (i, code) in codes.iter_mut().enumerate() {
        let (low, by, high, up) = place(i);
        *code = b[low] >> by & 15 | (b[high] >> up & 3) << 4;
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(210)) {
        let scales: Vec<f32> = x.chunks_exact(16).map(|x| symmetric(x, 32)).collect();
        let d = signed_max(&scales) / -128.0;
        b.fill(0);
        put_half(b, 208, d);
        for (at, s) in b[192..208].iter_mut().zip(&scales) {
            *at = nearest(s * inverse(d)).min(127) as i8 as u8;
        }
        let d = half_at(b, 208);
        for (i, x) in x.iter().enumerate() {
            let scale = d * b[192 + i / 16] as i8 as f32;
            let q = if scale == 0.0 { 32 } else { (nearest(x / scale).clamp(-32, 31) + 32) as u8 };
            let (low, by, high, up) = place(i);
            b[low] |= (q & 15) << by;
            b[high] |= (q >> 4) << up;
        }
    }
}
