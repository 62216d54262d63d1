#import alone
// Weights of 32 bits. Read singly, or four at once where a row is a multiple of four.
alias Word = vec4<u32>;
const RUN = 0x10000000u;
fn weight(i: u32) -> f32 {
    return bitcast<f32>(w[i / 4u][i % 4u]);
}
fn codes(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(w[i / 4u]);
}
fn four(i: u32, s: vec2<f32>) -> vec4<f32> {
    return codes(i);
}
fn scales(i: u32) -> vec2<f32> {
    return vec2(1.0, 0.0);
}
