//! Unsigned whole numbers, little endian: token ids, indices, counts.

use super::KindSpec;

pub const SPEC: KindSpec = KindSpec { name: "u32", ggml: 26, block: 1, bytes: 4, unpack, pack, codes: None };

fn unpack(src: &[u8], dst: &mut [f32]) {
    for (b, v) in src.chunks_exact(4).zip(dst) {
        *v = u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32;
    }
}

fn pack(src: &[f32], dst: &mut [u8]) {
    for (v, b) in src.iter().zip(dst.chunks_exact_mut(4)) {
        b.copy_from_slice(&(*v as u32).to_le_bytes());
    }
}
