#import bytes
// 256 numbers in 210 bytes: 128 of low nibbles, 64 of high pairs, 16 × i8 scales, f16 d. Each half of 128 numbers has
// 64 bytes of nibbles and 32 of pairs.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 210u;
    let j = i % 256u;
    let run = j % 128u / 32u;
    let low = byte(block + j / 128u * 64u + run % 2u * 32u + j % 32u) >> (4u * (run / 2u));
    let high = byte(block + 128u + j / 128u * 32u + j % 32u) >> (2u * run);
    let q = f32((low & 15u) | ((high & 3u) << 4u)) - 32.0;
    return half_at(block + 208u) * signed_byte(block + 192u + j / 16u) * q;
}
