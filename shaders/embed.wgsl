// y[r] = w[ids[r]], in any weight format; an id beyond the table gives zeros, which the first shard writes.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    cols: u32,
    vocab: u32,
    first: u32,
    here: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [here, cols] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols]

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    let id = ids[i / params.cols];
    if id - params.first < params.here {
        y[i] = weight((id - params.first) * params.cols + i % params.cols);
    } else if id >= params.vocab && params.first == 0u {
        y[i] = 0.0;
    }
}
