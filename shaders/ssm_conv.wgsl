// y[r, c] = bias[c] + Σ_t w[c, t] · x[r + t − (width − 1), c]; rows before the first lie in `state`.
// Grid: ⌈chans / 64⌉ workgroups, folded over x and y. Workgroup: 64, one channel each. Memory: none.

struct Params {
    rows: u32,
    chans: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, chans]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [chans, width]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [chans]
@group(0) @binding(4) var<storage, read_write> state: array<f32>; // [width − 1, chans]
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, chans]

#import each

fn count() -> u32 {
    return params.chans;
}

// Row r of the past and the present in one: the past comes first.
fn row(r: u32, c: u32) -> f32 {
    let past = params.width - 1u;
    if r < past {
        return state[r * params.chans + c];
    }
    return x[(r - past) * params.chans + c];
}

fn one(c: u32) {
    for (var r = 0u; r < params.rows; r++) {
        var sum = bias[c];
        for (var t = 0u; t < params.width; t++) {
            sum += w[c * params.width + t] * row(r + t, c);
        }
        y[r * params.chans + c] = sum;
    }
    // Each is read from further on, so going up overwrites nothing that is still needed.
    for (var t = 0u; t + 1u < params.width; t++) {
        state[t * params.chans + c] = row(params.rows + t, c);
    }
}
