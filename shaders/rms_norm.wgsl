// y = x / √(mean(x²) + eps) · w.
// Grid: one workgroup a row, folded over x and y. Workgroup: 64, strided over the columns. Memory: 256 B of partial sums.

struct Params {
    rows: u32,
    cols: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [cols]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols]

fn value(i: u32) -> f32 {
    return x[i];
}

fn again(i: u32) -> f32 {
    return x[i];
}

#import rms_row
