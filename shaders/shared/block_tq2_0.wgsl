#import block
#import singly
// 256 numbers in 17 words: 64 × four 2-bit codes, f16 d, padding.
const RUN = 256u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    return unpack2x16float(w[i / 256u * 17u + 16u]).x * vec2(1.0, -1.0);
}
fn places(i: u32) -> vec4<f32> {
    return in_place(two_bits(i / 256u * 17u, i % 256u));
}
