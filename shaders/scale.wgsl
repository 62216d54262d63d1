// y[r, c] = x[r, c] · by · factors[r] + plus.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

struct Params {
    rows: u32,
    cols: u32,
    by_row: u32,
    by: f32,
    plus: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> factors: array<f32>; // [rows], read where by_row
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols]

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    var factor = params.by;
    if params.by_row == 1u {
        factor *= factors[i / params.cols];
    }
    y[i] = x[i] * factor + params.plus;
}
