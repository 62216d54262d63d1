// y[into + r · into_step + c] = x[first + r · first_step + c]; words of 32 bits, whatever they mean.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one word each. Memory: none.

struct Params {
    rows: u32,
    cols: u32,
    first: u32,
    first_step: u32,
    into: u32,
    into_step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

#import each

fn count() -> u32 {
    return params.rows * params.cols;
}

fn one(i: u32) {
    let r = i / params.cols;
    let c = i % params.cols;
    y[params.into + r * params.into_step + c] = x[params.first + r * params.first_step + c];
}
