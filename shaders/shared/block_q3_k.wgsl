#import block
#import singly
// 256 numbers in 28 words: 32 × third bits, 64 × four 2-bit codes, 12 bytes of 6-bit scales, f16 d, padding.
const RUN = 16u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    let block = i / 256u * 28u;
    let s = i % 256u / 16u;
    let low = (byte(block * 4u + 96u + s % 8u) >> (4u * (s / 8u))) & 15u;
    let high = (byte(block * 4u + 104u + s % 4u) >> (2u * (s / 4u))) & 3u;
    return unpack2x16float(w[block + 27u]).x * (f32(low | (high << 4u)) - 32.0) * vec2(1.0, -4.0);
}
fn places(i: u32) -> vec4<f32> {
    let block = i / 256u * 28u;
    let j = i % 256u;
    let third = (w[block + j % 32u / 4u] >> (j / 32u)) & 0x01010101u;
    return in_place(two_bits(block + 8u, j) | (third << 2u));
}
