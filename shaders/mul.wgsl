// y[i] = a[i] · b[i mod period].
// Grid: ⌈len / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

struct Params {
    len: u32,
    period: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

#import each

fn count() -> u32 {
    return params.len;
}

fn one(i: u32) {
    y[i] = a[i] * b[i % params.period];
}
