// y = f(x), or f(gate) · up where gate and up lie side by side in one row.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

struct Params {
    rows: u32,
    cols: u32,
    function: u32,
    gated: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols] or [rows, 2 · cols]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, cols]

#import curve
#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    let at = i / params.cols * params.cols * (1u + params.gated) + i % params.cols;
    var v = apply(x[at]);
    if params.gated == 1u {
        v *= x[at + params.cols];
    }
    y[i] = v;
}
