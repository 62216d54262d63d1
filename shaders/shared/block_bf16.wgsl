#import alone
// The upper halves of f32: two numbers per word, the earlier one in the low half.
alias Word = vec2<u32>;
const RUN = 0x10000000u;
fn weight(i: u32) -> f32 {
    return bitcast<f32>((w[i / 4u][i / 2u % 2u] >> (16u * (i % 2u))) << 16u);
}
fn codes(i: u32) -> vec4<f32> {
    let word = w[i / 4u];
    return bitcast<vec4<f32>>(vec4(word.x << 16u, word.x & 0xffff0000u, word.y << 16u, word.y & 0xffff0000u));
}
fn four(i: u32, s: vec2<f32>) -> vec4<f32> {
    return codes(i);
}
fn scales(i: u32) -> vec2<f32> {
    return vec2(1.0, 0.0);
}
