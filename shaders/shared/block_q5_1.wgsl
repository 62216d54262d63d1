#import bytes
// 32 numbers in 24 bytes: f16 d, f16 m, u32 of fifth bits, 16 × two nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 32u * 24u;
    let j = i % 32u;
    let high = (byte(block + 4u + j / 8u) >> (j % 8u)) & 1u;
    return half_at(block) * f32(nibble(block + 8u, j) | (high << 4u)) + half_at(block + 2u);
}
