// Two numbers of 16 bits from number `to` on, which is even.
fn put_pair(to: u32, pair: vec2<f32>) {
    cache[to / 2u] = pack2x16float(pair);
}
