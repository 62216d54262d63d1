// y[r, o] = Σ_k x[r, k] · w[o, k] for few rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 64⌉ × rows. Workgroup: 16, four numbers each, so that small products still occupy several cores.
// Memory: none.

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

#import product_line

const PER = 4u;

fn outs() -> u32 {
    return params.here;
}

fn source(out: u32, n: u32) -> u32 {
    return min(out + n, params.here - 1u);
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    let at = row * params.outs + params.first + out;
    for (var o = 0u; o < 4u; o++) {
        if out + o < params.here {
            y[at + o] = sums[o];
        }
    }
}
