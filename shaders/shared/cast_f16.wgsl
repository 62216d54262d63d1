// One word of f16 into a pair of f32. Needs no `shader-f16`.
fn one(pair: u32) {
    let v = unpack2x16float(x[pair]);
    y[2u * pair] = bitcast<u32>(v.x);
    if 2u * pair + 1u < params.len {
        y[2u * pair + 1u] = bitcast<u32>(v.y);
    }
}
