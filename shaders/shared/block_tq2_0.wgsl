#import bytes
// 256 numbers in 66 bytes: 64 × four 2-bit codes, f16 d.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 66u;
    return half_at(block + 64u) * (f32(two_bits(block, i % 256u)) - 1.0);
}
