// What the block formats share. A weight is scale · code + offset; `scales` are those of the run of RUN numbers that
// number i lies in, `places` are the codes of i and the three after it, i a multiple of four, each still in its own byte
// of the word they came in: times FIELD they are what they mean. Blocks begin on words: the backend pads those that would
// not (crates/gpu/src/layout.rs).
alias Word = u32;
const FIELD = vec4(1.0, 0.00390625, 0.0000152587890625, 0.000000059604644775390625);
fn weight(i: u32) -> f32 {
    return four(i - i % 4u, scales(i))[i % 4u];
}
fn four(i: u32, s: vec2<f32>) -> vec4<f32> {
    return s.x * FIELD * places(i) + s.y;
}
// A word's bytes where they are. Codes have at most seven bits, so the signed conversion, the cheaper one, is right.
fn in_place(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(vec4(word) & vec4(0xffu, 0xff00u, 0xff0000u, 0x7f000000u)));
}
// Byte `at` of the weight buffer.
fn byte(at: u32) -> u32 {
    return (w[at / 4u] >> (8u * (at % 4u))) & 255u;
}
// Where four of 256 two-bit codes lie in 16 words, and how far up: 8 words for each 128, pair n of byte m is number
// 32·n + m.
fn two_bits(at: u32, j: u32) -> u32 {
    return (w[at + j / 128u * 8u + j % 32u / 4u] >> (2u * (j % 128u / 32u))) & 0x03030303u;
}
