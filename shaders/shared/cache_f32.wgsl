// Keys and values of 32 bits, one by one or four of a head that is a multiple of four.
alias Word = vec4<u32>;
fn key_at(i: u32) -> f32 {
    return bitcast<f32>(k[i / 4u][i % 4u]);
}
fn value_at(i: u32) -> f32 {
    return bitcast<f32>(v[i / 4u][i % 4u]);
}
fn keys_at(four: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(k[four]);
}
fn values_at(four: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(v[four]);
}
