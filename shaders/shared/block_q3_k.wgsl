#import bytes
// 256 numbers in 110 bytes: 32 × third bits, 64 × four 2-bit codes, 12 bytes of 6-bit scales, f16 d.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 110u;
    let j = i % 256u;
    let s = j / 16u;
    let low = (byte(block + 96u + s % 8u) >> (4u * (s / 8u))) & 15u;
    let high = (byte(block + 104u + s % 4u) >> (2u * (s / 4u))) & 3u;
    let third = (byte(block + j % 32u) >> (j / 32u)) & 1u;
    let q = f32(two_bits(block + 32u, j) | (third << 2u)) - 4.0;
    return half_at(block + 108u) * (f32(low | (high << 4u)) - 32.0) * q;
}
