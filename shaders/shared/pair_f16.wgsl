// Two neighbouring numbers of a cache as one word of 16 bits each. Needs no `shader-f16`.
const WORDS = 1u;
fn packed(pair: vec2<f32>) -> vec2<u32> {
    return vec2(pack2x16float(pair), 0u);
}
