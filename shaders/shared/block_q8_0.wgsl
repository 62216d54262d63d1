#import alone
// 32 numbers in 9 words: f16 d, padding, 32 × i8.
alias Word = u32;
const RUN = 32u;
fn scales(i: u32) -> vec2<f32> {
    return vec2(unpack2x16float(w[i / 32u * 9u]).x, 0.0);
}
fn four_bytes(i: u32) -> u32 {
    return w[i / 32u * 9u + 1u + i % 32u / 4u];
}
fn codes(i: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(vec4(four_bytes(i)) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));
}
fn weight(i: u32) -> f32 {
    return four(i - i % 4u, scales(i))[i % 4u];
}
fn four(i: u32, s: vec2<f32>) -> vec4<f32> {
    return s.x * codes(i);
}
