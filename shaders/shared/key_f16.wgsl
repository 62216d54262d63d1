// Keys of 16 bits, two per word. Needs no `shader-f16`.
fn key_at(i: u32) -> f32 {
    return unpack2x16float(k[i / 2u])[i % 2u];
}
