#import bytes
// 32 numbers in 20 bytes: f16 d, f16 m, 16 × two nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 32u * 20u;
    return half_at(block) * f32(nibble(block + 4u, i % 32u)) + half_at(block + 2u);
}
