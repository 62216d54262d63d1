#import bytes
#import pair_k
// 256 numbers in 176 bytes: as q4_k, with 32 bytes of fifth bits before the nibbles.
fn weight(i: u32) -> f32 {
    let block = i / 256u * 176u;
    let j = i % 256u;
    let s = pair_k(block + 4u, j / 32u);
    let fifth = (byte(block + 16u + j % 32u) >> (j / 32u)) & 1u;
    let q = nibble_k(block + 48u, j) | (fifth << 4u);
    return half_at(block) * s.x * f32(q) - half_at(block + 2u) * s.y;
}
