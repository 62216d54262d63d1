//! 256 numbers in 84 bytes: 16 × (4-bit scale low, 4-bit min high), 64 × four 2-bit codes, f16 d, f16 dmin.
//! x = d·scale·q − dmin·min, 16 sub-blocks of 16.

use super::fit::{affine, nearest};
use super::{Codes, KindSpec, half_at, inverse, put_half, put_two_bits, two_bits};

pub const SPEC: KindSpec = KindSpec {
    name: "q2_k",
    ggml: 10,
    block: 256,
    bytes: 84,
    unpack: |src, dst| SPEC.unpack_codes(src, dst),
    pack,
    codes: Some(&CODES),
};

const CODES: Codes = Codes { run: 16, bits: 2, offset: 0, min: true, read };

fn read(b: &[u8], codes: &mut [u8], scales: &mut [f32], mins: &mut [f32]) {
    let (d, dmin) = (half_at(b, 80), half_at(b, 82));
    for (j, s) in b[..16].iter().enumerate() {
        (scales[j], mins[j]) = (d * (s & 15) as f32, -(dmin * (s >> 4) as f32));
    }
    for (i, code) in codes.iter_mut().enumerate() {
        *code = two_bits(&b[16..], i);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (x, b) in src.chunks_exact(256).zip(dst.chunks_exact_mut(84)) {
        // Unweighted squares: with weights |x| and absolute differences the error is a quarter larger.
        let fits: Vec<(f32, f32)> = x.chunks_exact(16).map(|x| affine(x, &[1.0; 16], 3, -0.5, 15)).collect();
        let most = |f: fn(&(f32, f32)) -> f32| fits.iter().map(f).fold(0.0f32, f32::max);
        let (d, dmin) = (most(|f| f.0) / 15.0, most(|f| f.1) / 15.0);
        put_half(b, 80, d);
        put_half(b, 82, dmin);
        for (s, (scale, min)) in b.iter_mut().zip(&fits) {
            *s = nearest(scale * inverse(d)) as u8 | (nearest(min * inverse(dmin)) as u8) << 4;
        }
        let (d, dmin) = (half_at(b, 80), half_at(b, 82));
        let mut codes = [0u8; 256];
        for (i, code) in codes.iter_mut().enumerate() {
            let (scale, min) = (d * (b[i / 16] & 15) as f32, dmin * (b[i / 16] >> 4) as f32);
            if scale != 0.0 {
                *code = nearest((x[i] + min) / scale).clamp(0, 3) as u8;
            }
        }
        put_two_bits(&mut b[16..80], &codes);
    }
}
