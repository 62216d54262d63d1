#import bytes
#import pair_k
// 256 numbers in 144 bytes: f16 d, f16 dmin, 12 bytes of (scale, min), 128 × two nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 144u;
    let j = i % 256u;
    let s = pair_k(block + 4u, j / 32u);
    return half_at(block) * s.x * f32(nibble_k(block + 16u, j)) - half_at(block + 2u) * s.y;
}
