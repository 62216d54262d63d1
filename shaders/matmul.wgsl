// y[r, o] = Σ_k x[r, k] · w[o, k], for any weight format and any depth: the plain form.
// Grid: ⌈outs / 16⌉ × ⌈rows / 16⌉. Workgroup: 16 × 16, one number each. Memory: two tiles of 16 × 16, 2 KB:
// each number of x and w is read from the buffer once per tile instead of sixteen times.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    outs: u32,
    depth: u32,
    first: u32,
    here: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, depth]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [here, depth] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, outs]

#import product

fn lines() -> u32 {
    return params.here;
}

fn source(tile: u32, n: u32) -> u32 {
    return tile * 16u + n;
}

fn put(row: u32, tile: u32, id: vec3<u32>, sum: f32) {
    let out = tile * 16u + id.x;
    if row < params.rows && out < params.here {
        y[row * params.outs + params.first + out] = sum;
    }
}
