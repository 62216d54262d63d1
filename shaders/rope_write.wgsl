// Queries turned; keys turned, and values as they are, into their caches: [g, start + r] = x[r, g].
// Grid: ⌈rows · (heads + 2 · groups) · head / 128⌉ workgroups, folded over x and y. Workgroup: 64, one pair of neighbouring
// numbers each, because two of 16 bits share a word. Memory: none.

struct Params {
    rows: u32,
    heads: u32,
    groups: u32,
    head: u32,
    rotated: u32,
    side_by_side: u32,
    room: u32,
    start: u32,
    gain: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, heads + 2 · groups, head]
@group(0) @binding(2) var<storage, read> pos: array<u32>; // [rows]
@group(0) @binding(3) var<storage, read> table: array<f32>; // [rotated / 2]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, heads, head]
@group(0) @binding(5) var<storage, read_write> keys: array<u32>; // [groups, room, head] in f32 or pairs of f16
@group(0) @binding(6) var<storage, read_write> values: array<u32>; // the same

#import pair_#{CACHE}
#import rotated
#import each

fn count() -> u32 {
    return params.rows * (params.heads + 2u * params.groups) * params.head / 2u;
}

fn one(pair: u32) {
    let at = pair * 2u;
    let c = at % params.head;
    let h = at / params.head % (params.heads + 2u * params.groups);
    let r = at / params.head / (params.heads + 2u * params.groups);
    if h >= params.heads + params.groups {
        let to = word_of(h - params.heads - params.groups, r, c);
        let words = packed(vec2(x[at], x[at + 1u]));
        for (var n = 0u; n < WORDS; n++) {
            values[to + n] = words[n];
        }
        return;
    }
    let v = both(at, c, pos[r]);
    if h >= params.heads {
        let to = word_of(h - params.heads, r, c);
        let words = packed(v);
        for (var n = 0u; n < WORDS; n++) {
            keys[to + n] = words[n];
        }
        return;
    }
    let to = (r * params.heads + h) * params.head + c;
    y[to] = v.x;
    y[to + 1u] = v.y;
}

// The word of a cache where number c, which is even, of row r of group g begins.
fn word_of(g: u32, r: u32, c: u32) -> u32 {
    return ((g * params.room + params.start + r) * params.head + c) * WORDS / 2u;
}

// Two neighbours; side by side they are a pair, and what turns one turns the other.
fn both(at: u32, c: u32, place: u32) -> vec2<f32> {
    if params.side_by_side == 1u && c < params.rotated {
        let t = turn(place, table[c / 2u]) * params.gain;
        return vec2(x[at] * t.x - x[at + 1u] * t.y, x[at] * t.y + x[at + 1u] * t.x);
    }
    return vec2(rotated(at, c, place), rotated(at + 1u, c + 1u, place));
}
