#import key_f16
// Values like the keys.
fn value_at(i: u32) -> f32 {
    return unpack2x16float(v[i / 2u])[i % 2u];
}
