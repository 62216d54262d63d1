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

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

// Abramowitz and Stegun 7.1.26, as in the twin.
fn erf(v: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(v));
    let poly = t * (0.2548296 + t * (-0.28449672 + t * (1.4214138 + t * (-1.4531521 + t * 1.0614054))));
    return sign(v) * (1.0 - poly * exp(-v * v));
}

// The twin's table in its order.
fn apply(v: f32) -> f32 {
    switch params.function {
        case 0u: { return 0.5 * v * (1.0 + erf(v * 0.70710678)); }
        // tanh of a large number overflows on some GPUs; beyond 10 it is 1 to the last digit.
        case 1u: { return 0.5 * v * (1.0 + tanh(clamp(0.7978846 * (v + 0.044715 * v * v * v), -10.0, 10.0))); }
        case 2u: { return v / (1.0 + exp(-1.702 * v)); }
        case 3u: { return v / (1.0 + exp(-v)); }
        case 4u: { return max(v, 0.0); }
        case 5u: { return v * clamp(v / 6.0 + 0.5, 0.0, 1.0); }
        case 6u: { return clamp(v / 6.0 + 0.5, 0.0, 1.0); }
        default: { return max(v, 0.0) + log(1.0 + exp(-abs(v))); }
    }
}

fn one(i: u32) {
    let at = i / params.cols * params.cols * (1u + params.gated) + i % params.cols;
    var v = apply(x[at]);
    if params.gated == 1u {
        v *= x[at + params.cols];
    }
    y[i] = v;
}
