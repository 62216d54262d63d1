#import bytes
// 32 numbers in 18 bytes: f16 d, 16 × two nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 32u * 18u;
    return half_at(block) * (f32(nibble(block + 2u, i % 32u)) - 8.0);
}
