// Two numbers of 32 bits from number `to` on.
fn put_pair(to: u32, pair: vec2<f32>) {
    cache[to] = bitcast<u32>(pair.x);
    cache[to + 1u] = bitcast<u32>(pair.y);
}
