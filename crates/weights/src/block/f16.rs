//! IEEE half precision, little endian.

use super::KindSpec;
use half::f16;

pub const SPEC: KindSpec = KindSpec { name: "f16", ggml: 1, block: 1, bytes: 2, unpack, pack, codes: None };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, v) in src.chunks_exact(2).zip(dst) {
        *v = f16::from_le_bytes([b[0], b[1]]).to_f32();
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (v, b) in src.iter().zip(dst.chunks_exact_mut(2)) {
        b.copy_from_slice(&f16::from_f32(*v).to_le_bytes());
    }
}
