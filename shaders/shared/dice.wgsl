#import wide
// Chance in whole numbers, as `ops/dice.rs` has it.

fn philox(counter: vec2<u32>, seed: u32) -> vec2<u32> {
    var c = counter;
    var key = seed;
    for (var i = 0u; i < 10u; i++) {
        let product = wide(c.x, 0xd256d193u);
        c = vec2(product.y ^ key ^ c.y, product.x);
        key += 0x9e3779b9u;
    }
    return c;
}

// 2³⁰ · 2^(−t / 2²⁰); 0 from t = 30 · 2²⁰ on.
fn weight(t: u32) -> u32 {
    let fraction = t << 12u;
    var sum = 5479159u - wide(469816u, fraction).y;
    sum = 41146038u - wide(sum, fraction).y;
    sum = 238332182u - wide(sum, fraction).y;
    sum = 1031755750u - wide(sum, fraction).y;
    sum = 2977043899u - wide(sum, fraction).y;
    sum = 4294967290u - wide(sum, fraction).y;
    return select((sum >> 2u) >> min(t >> 20u, 31u), 0u, t >= (30u << 20u));
}

// Numbers of 64 bits, as (low, high).
fn plus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn minus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return vec2(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn less(a: vec2<u32>, b: vec2<u32>) -> bool {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// ⌊total · part / 2³²⌋ + 1: from 1 to total.
fn share(total: vec2<u32>, part: u32) -> vec2<u32> {
    return plus(plus(wide(total.y, part), vec2(wide(total.x, part).y, 0u)), vec2(1u, 0u));
}
