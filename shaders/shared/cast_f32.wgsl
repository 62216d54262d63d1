// A pair of f32 into one word of f16; after a last number without a partner comes a zero.
fn one(pair: u32) {
    var v = vec2(bitcast<f32>(x[2u * pair]), 0.0);
    if 2u * pair + 1u < params.len {
        v.y = bitcast<f32>(x[2u * pair + 1u]);
    }
    y[pair] = pack2x16float(v);
}
