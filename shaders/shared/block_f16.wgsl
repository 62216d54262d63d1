// Weights of 16 bits: two numbers per word, the earlier one in the low half. Needs no `shader-f16`.
fn weight(i: u32) -> f32 {
    return unpack2x16float(w[i / 2u])[i % 2u];
}
