// y[r] = w[ids[r]], in any weight format; an id beyond the table gives zeros.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    cols: u32,
    vocab: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> w: array<u32>; // [vocab, cols] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols]

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    let id = ids[i / params.cols];
    var v = 0.0;
    if id < params.vocab {
        v = weight(id * params.cols + i % params.cols);
    }
    y[i] = v;
}
