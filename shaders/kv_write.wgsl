// cache[g, start + r] = x[r, g].
// Grid: ⌈rows · groups · head / 128⌉ workgroups, folded over x and y. Workgroup: 64, one pair of numbers each, because
// two of 16 bits share a word. Memory: none.

struct Params {
    rows: u32,
    groups: u32,
    head: u32,
    room: u32,
    start: u32,
    first: u32,
    step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, step], of each row [groups, head] from number `first` on
@group(0) @binding(2) var<storage, read_write> cache: array<u32>; // [groups, room, head] in f32 or pairs of f16

#import pair_#{CACHE}
#import each

fn count() -> u32 {
    return params.rows * params.groups * params.head / 2u;
}

fn one(pair: u32) {
    let at = pair * 2u;
    let c = at % params.head;
    let g = at / params.head % params.groups;
    let r = at / params.head / params.groups;
    let source = params.first + r * params.step + g * params.head + c;
    let to = (g * params.room + params.start + r) * params.head + c;
    let words = packed(vec2(x[source], x[source + 1u]));
    for (var n = 0u; n < WORDS; n++) {
        cache[to * WORDS / 2u + n] = words[n];
    }
}
