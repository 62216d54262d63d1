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

#import sum_64
#import each_row

fn count() -> u32 {
    return params.rows;
}

fn whole(row: u32, lane: u32) {
    let start = row * params.cols;
    var sum = 0.0;
    for (var c = lane; c < params.cols; c += 64u) {
        sum += x[start + c] * x[start + c];
    }
    let scale = inverseSqrt(sum_64(lane, sum) / f32(params.cols) + params.eps);
    for (var c = lane; c < params.cols; c += 64u) {
        y[start + c] = x[start + c] * scale * w[c];
    }
}
