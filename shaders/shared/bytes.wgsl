// Bytes of the weight buffer `w`, whose blocks do not begin on words.
fn byte(at: u32) -> u32 {
    return (w[at / 4u] >> (8u * (at % 4u))) & 255u;
}
fn signed_byte(at: u32) -> f32 {
    return f32(i32(byte(at) << 24u) >> 24u);
}
fn half_at(at: u32) -> f32 {
    return unpack2x16float(byte(at) | (byte(at + 1u) << 8u)).x;
}
// Number j of 32 in 16 bytes: the low nibbles first, then the high ones.
fn nibble(at: u32, j: u32) -> u32 {
    return (byte(at + j % 16u) >> (4u * (j / 16u))) & 15u;
}
// Number j of 256 in 64 bytes of pairs of bits: 32 bytes for each 128, pair n of byte m is number 32·n + m.
fn two_bits(at: u32, j: u32) -> u32 {
    return (byte(at + j / 128u * 32u + j % 32u) >> (2u * (j % 128u / 32u))) & 3u;
}
