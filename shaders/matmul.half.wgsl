// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows, factors rounded to half precision.
// Grid: ⌈outs / 32⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 each, kept in registers. Memory: two tiles of
// 32 × 32 numbers of 16 bits, 4.2 KB, laid out as in matmul.many, and 32 words for rows' scales.
enable f16;

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    outs: u32,
    depth: u32,
    first: u32,
    here: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [rows, depth]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [here, depth] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, outs]

#import product_half

const PER = 32u;

fn lines() -> u32 {
    return params.here;
}

fn source(out: u32, n: u32) -> u32 {
    return out + n;
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    for (var o = 0u; o < 4u; o++) {
        let c = out + o * 8u;
        if c < params.here {
            y[row * params.outs + params.first + c] = sums[o];
        }
    }
}
