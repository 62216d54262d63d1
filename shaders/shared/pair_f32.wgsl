// Two neighbouring numbers of a cache as a word each.
const WORDS = 2u;
fn packed(pair: vec2<f32>) -> vec2<u32> {
    return bitcast<vec2<u32>>(pair);
}
