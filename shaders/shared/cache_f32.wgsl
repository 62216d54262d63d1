#import key_f32
// Values like the keys.
fn value_at(i: u32) -> f32 {
    return bitcast<f32>(v[i]);
}
