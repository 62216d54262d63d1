// Rotary positions: pair i of a head's first `rotated` numbers is turned by pos · table[i], and multiplied with the gain.
// Grid: ⌈rows · heads · head / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

struct Params {
    rows: u32,
    heads: u32,
    head: u32,
    rotated: u32,
    side_by_side: u32,
    gain: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> pos: array<u32>; // [rows]
@group(0) @binding(3) var<storage, read> table: array<f32>; // [rotated / 2]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, heads, head]

#import rotated
#import each

fn count() -> u32 {
    return params.rows * params.heads * params.head;
}

fn one(at: u32) {
    y[at] = rotated(at, at % params.head, pos[at / (params.heads * params.head)]);
}
