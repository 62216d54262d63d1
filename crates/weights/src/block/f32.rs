//! IEEE single precision, little endian.

use super::KindSpec;

pub const SPEC: KindSpec = KindSpec { name: "f32", ggml: 0, block: 1, bytes: 4, unpack, pack, codes: None };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, v) in src.chunks_exact(4).zip(dst) {
        *v = f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (v, b) in src.iter().zip(dst.chunks_exact_mut(4)) {
        b.copy_from_slice(&v.to_le_bytes());
    }
}
