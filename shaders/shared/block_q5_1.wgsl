#import block
#import fifth
#import singly
// 32 numbers in 6 words: f16 d, f16 m, u32 of fifth bits, 16 × two nibbles.
const RUN = 32u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    return unpack2x16float(w[i / 32u * 6u]);
}
fn places(i: u32) -> vec4<f32> {
    let block = i / 32u * 6u;
    return five_bits(block + 2u, w[block + 1u], i % 32u);
}
