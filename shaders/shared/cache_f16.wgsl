// Keys and values of 16 bits, two per word, one by one or four of a head that is a multiple of four. Needs no
// `shader-f16`.
alias Word = vec2<u32>;
fn key_at(i: u32) -> f32 {
    return unpack2x16float(k[i / 4u][i / 2u % 2u])[i % 2u];
}
fn value_at(i: u32) -> f32 {
    return unpack2x16float(v[i / 4u][i / 2u % 2u])[i % 2u];
}
fn keys_at(four: u32) -> vec4<f32> {
    return vec4(unpack2x16float(k[four].x), unpack2x16float(k[four].y));
}
fn values_at(four: u32) -> vec4<f32> {
    return vec4(unpack2x16float(v[four].x), unpack2x16float(v[four].y));
}
