// sum = a + b, y = sum / √(mean(sum²) + eps) · w.
// Grid: one workgroup a row, folded over x and y. Workgroup: 64, strided over the columns. Memory: 256 B of partial sums.

struct Params {
    rows: u32,
    cols: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> b: array<f32>; // [rows, cols]
@group(0) @binding(3) var<storage, read> w: array<f32>; // [cols]
@group(0) @binding(4) var<storage, read_write> sum: array<f32>; // [rows, cols]
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, cols]

// Called once a number, before anything else.
fn value(i: u32) -> f32 {
    let v = a[i] + b[i];
    sum[i] = v;
    return v;
}

// What this very invocation wrote.
fn again(i: u32) -> f32 {
    return sum[i];
}

#import rms_row
