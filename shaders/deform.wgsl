// y[r, h] = Σ_p softmax_p(scores[r, h, p]) · v at ref[r] + offsets[r, h, p] / (width, height), bilinear, zeros beyond the
// edge.
// Grid: one invocation a number of y, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in a head. Memory:
// none.

struct Params {
    rows: u32,
    heads: u32,
    head: u32,
    points: u32,
    height: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>; // [height, width, heads, head]
@group(0) @binding(2) var<storage, read> refs: array<f32>; // [rows, 2]: across, down
@group(0) @binding(3) var<storage, read> offsets: array<f32>; // [rows, heads, points, 2]
@group(0) @binding(4) var<storage, read> scores: array<f32>; // [rows, heads, points]
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, heads, head]

#import each

fn count() -> u32 {
    return params.rows * params.heads * params.head;
}

// One channel of one head at a cell, zero where there is none.
fn cell(row: f32, col: f32, channel: u32) -> f32 {
    if row < 0.0 || col < 0.0 || row >= f32(params.height) || col >= f32(params.width) {
        return 0.0;
    }
    return v[(u32(row) * params.width + u32(col)) * params.heads * params.head + channel];
}

fn one(at: u32) {
    let channel = at % (params.heads * params.head);
    let r = at / (params.heads * params.head);
    let first = (r * params.heads + channel / params.head) * params.points;
    var most = -3.0e38;
    for (var p = 0u; p < params.points; p++) {
        most = max(most, scores[first + p]);
    }
    var sum = 0.0;
    var mixed = 0.0;
    for (var p = 0u; p < params.points; p++) {
        let weight = exp(scores[first + p] - most);
        // Cell c has its middle at c + ½.
        let col = refs[2u * r] * f32(params.width) + offsets[2u * (first + p)] - 0.5;
        let row = refs[2u * r + 1u] * f32(params.height) + offsets[2u * (first + p) + 1u] - 0.5;
        let i = floor(row);
        let j = floor(col);
        let down = row - i;
        let across = col - j;
        let above = (1.0 - across) * cell(i, j, channel) + across * cell(i, j + 1.0, channel);
        let below = (1.0 - across) * cell(i + 1.0, j, channel) + across * cell(i + 1.0, j + 1.0, channel);
        mixed += weight * ((1.0 - down) * above + down * below);
        sum += weight;
    }
    y[at] = mixed / sum;
}
