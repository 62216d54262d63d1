#import bytes
// 256 numbers in 84 bytes: 16 × (scale low, min high), 64 × four 2-bit codes, f16 d, f16 dmin.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 84u;
    let j = i % 256u;
    let s = byte(block + j / 16u);
    let d = half_at(block + 80u) * f32(s & 15u);
    return d * f32(two_bits(block + 16u, j)) - half_at(block + 82u) * f32(s >> 4u);
}
