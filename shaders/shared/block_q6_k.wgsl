#import block
#import singly
// 256 numbers in 53 words: 128 bytes of low nibbles, 64 of high pairs, 16 × i8 scales, f16 d, padding. Each half of
// 128 numbers has 64 bytes of nibbles and 32 of pairs.
const RUN = 16u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    let block = i / 256u * 53u;
    let s = i32(byte(block * 4u + 192u + i % 256u / 16u) << 24u) >> 24u;
    return unpack2x16float(w[block + 52u]).x * f32(s) * vec2(1.0, -32.0);
}
fn places(i: u32) -> vec4<f32> {
    let block = i / 256u * 53u;
    let j = i % 256u;
    let run = j % 128u / 32u;
    let low = (w[block + j / 128u * 16u + run % 2u * 8u + j % 32u / 4u] >> (run / 2u * 4u)) & 0x0f0f0f0fu;
    return in_place(low | (two_bits(block + 32u, j) << 4u));
}
