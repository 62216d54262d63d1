#import block
#import singly
// 256 numbers in 21 words: 16 × (scale low, min high), 64 × four 2-bit codes, f16 d, f16 dmin.
const RUN = 16u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    let block = i / 256u * 21u;
    let s = byte(block * 4u + i % 256u / 16u);
    return unpack2x16float(w[block + 20u]) * vec2(f32(s & 15u), -f32(s >> 4u));
}
fn places(i: u32) -> vec4<f32> {
    return in_place(two_bits(i / 256u * 21u + 4u, i % 256u));
}
