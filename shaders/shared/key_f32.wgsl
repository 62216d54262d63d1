// Keys of 32 bits.
fn key_at(i: u32) -> f32 {
    return bitcast<f32>(k[i]);
}
