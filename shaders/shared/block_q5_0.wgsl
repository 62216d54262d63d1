#import bytes
// 32 numbers in 22 bytes: f16 d, u32 of fifth bits, 16 × two nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 32u * 22u;
    let j = i % 32u;
    let high = (byte(block + 2u + j / 8u) >> (j % 8u)) & 1u;
    return half_at(block) * (f32(nibble(block + 6u, j) | (high << 4u)) - 16.0);
}
