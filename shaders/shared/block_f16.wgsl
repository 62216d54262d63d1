#import alone
// Weights of 16 bits: two numbers per word, the earlier one in the low half. Needs no `shader-f16`.
alias Word = vec2<u32>;
const RUN = 0x10000000u;
fn weight(i: u32) -> f32 {
    return unpack2x16float(w[i / 4u][i / 2u % 2u])[i % 2u];
}
fn codes(i: u32) -> vec4<f32> {
    let word = w[i / 4u];
    return vec4(unpack2x16float(word.x), unpack2x16float(word.y));
}
fn four(i: u32, s: vec2<f32>) -> vec4<f32> {
    return codes(i);
}
fn scales(i: u32) -> vec2<f32> {
    return vec2(1.0, 0.0);
}
