// The j-th 6-bit (scale, min) of the 12 bytes that q4_k and q5_k share.
fn pair_k(at: u32, j: u32) -> vec2<f32> {
    if j < 4u {
        return vec2(f32(byte(at + j) & 63u), f32(byte(at + j + 4u) & 63u));
    }
    let both = byte(at + j + 4u);
    let scale = (both & 15u) | ((byte(at + j - 4u) >> 6u) << 4u);
    let low = (both >> 4u) | ((byte(at + j) >> 6u) << 4u);
    return vec2(f32(scale), f32(low));
}
// Nibble j of 256: byte l of run r holds 64·r + l low and 64·r + 32 + l high.
fn nibble_k(at: u32, j: u32) -> u32 {
    return (byte(at + j / 64u * 32u + j % 32u) >> (4u * (j % 64u / 32u))) & 15u;
}
