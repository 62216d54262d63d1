#import block
#import singly
#import pair_k
// 256 numbers in 44 words: as q4_k, with 32 bytes of fifth bits before the nibbles.
const RUN = 32u;
const OFFSETS = true;
fn scales(i: u32) -> vec2<f32> {
    return pair_k(i / 256u * 44u, i % 256u / 32u);
}
fn places(i: u32) -> vec4<f32> {
    let block = i / 256u * 44u;
    let j = i % 256u;
    let fifth = (w[block + 4u + j % 32u / 4u] >> (j / 32u)) & 0x01010101u;
    return in_place(nibbles_k(block + 12u, j) | (fifth << 4u));
}
