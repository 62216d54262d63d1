// Weights of 32 bits: one number per word.
fn weight(i: u32) -> f32 {
    return bitcast<f32>(w[i]);
}
