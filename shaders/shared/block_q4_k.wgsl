#import block
#import singly
#import pair_k
// 256 numbers in 36 words: f16 d, f16 dmin, 12 bytes of (scale, min), 128 × two nibbles.
const RUN = 32u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    return pair_k(i / 256u * 36u, i % 256u / 32u);
}
fn places(i: u32) -> vec4<f32> {
    return in_place(nibbles_k(i / 256u * 36u + 4u, i % 256u));
}
