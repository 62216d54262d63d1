// y[r] = x[ids[r]], words of 32 bits, whatever they mean; an id beyond the rows gives zeros.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one word each. Memory: none.

struct Params {
    rows: u32,
    cols: u32,
    there: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>; // [there, cols]
@group(0) @binding(2) var<storage, read> ids: array<u32>; // [rows]
@group(0) @binding(3) var<storage, read_write> y: array<u32>; // [rows, cols]

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    let id = ids[i / params.cols];
    var v = 0u;
    if id < params.there {
        v = x[id * params.cols + i % params.cols];
    }
    y[i] = v;
}
