#import bytes
// 32 numbers in 34 bytes: f16 d, 32 × i8.
fn weight(i: u32) -> f32 {
    let block = i / 32u * 34u;
    return half_at(block) * signed_byte(block + 2u + i % 32u);
}
