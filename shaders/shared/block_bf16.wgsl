// The upper halves of f32: two numbers per word, the earlier one in the low half.
fn weight(i: u32) -> f32 {
    return bitcast<f32>((w[i / 2u] >> (16u * (i % 2u))) << 16u);
}
