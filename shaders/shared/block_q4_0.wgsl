#import block
#import pairs
// 32 numbers in 5 words: f16 d, padding, 16 × two nibbles, the low ones first.
const RUN = 32u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    return unpack2x16float(w[i / 32u * 5u]).x * vec2(1.0, -8.0);
}
fn four_bytes(i: u32) -> u32 {
    return (w[i / 32u * 5u + 1u + i % 16u / 4u] >> (i % 32u / 16u * 4u)) & 0x0f0f0f0fu;
}
fn places(i: u32) -> vec4<f32> {
    return in_place(four_bytes(i));
}
fn eight(i: u32) -> mat2x4<f32> {
    let word = w[i / 32u * 5u + 1u + i % 16u / 4u];
    return mat2x4(in_place(word & 0x0f0f0f0fu), in_place((word >> 4u) & 0x0f0f0f0fu));
}
