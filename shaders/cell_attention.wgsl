// y[i] = Σ_j softmax_j(scale · q[i] · k[i, j]) · v[i, j]: each row looks at keys of its own.
// Grid: one workgroup a row, folded over x and y. Workgroup: 64, strided over the columns. Memory: 256 B, a reduction.

struct Params {
    rows: u32,
    keys: u32,
    cols: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> k: array<f32>; // [rows, keys, cols]
@group(0) @binding(3) var<storage, read> v: array<f32>; // [rows, keys, cols]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, cols]

#import sum_64
#import each_row

fn count() -> u32 {
    return params.rows;
}

// Compilers may take it that there are no numbers that are none; bits they leave alone.
fn number(v: f32) -> f32 {
    return select(v, 0.0, (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u);
}

fn whole(row: u32, lane: u32) {
    let at = row * params.cols;
    var top = -3.0e38;
    var sum = 0.0;
    for (var j = 0u; j < params.keys; j++) {
        let key = (row * params.keys + j) * params.cols;
        var dot = 0.0;
        for (var c = lane; c < params.cols; c += 64u) {
            dot += q[at + c] * k[key + c];
        }
        let s = params.scale * number(sum_64(lane, dot));
        // What was summed before is scaled to the largest score so far; each invocation has columns of its own.
        let new_top = max(top, s);
        let before = select(exp(top - new_top), 0.0, j == 0u);
        let here = exp(s - new_top);
        for (var c = lane; c < params.cols; c += 64u) {
            let old = select(y[at + c] * before, 0.0, j == 0u);
            y[at + c] = old + here * v[key + c];
        }
        sum = sum * before + here;
        top = new_top;
    }
    for (var c = lane; c < params.cols; c += 64u) {
        y[at + c] /= sum;
    }
}
