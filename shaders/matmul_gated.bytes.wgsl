// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for many rows, in whole numbers: x is rounded to bytes, w's codes are bytes.
// Grid: ⌈outs / 16⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 sums each, kept in registers: two of the gate, two of
// up. Memory: two tiles of 32 × 64 bytes, 4.2 KB, and 1 KB of scales.
requires packed_4x8_integer_dot_product;

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    outs: u32,
    depth: u32,
    function: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [rows, depth]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [2 · outs, depth] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, outs]

#import curve
#import product_bytes

const PER = 16u;

fn lines() -> u32 {
    return 2u * params.outs;
}

// The first half of a tile is the gate's, the second up's. Beyond the gate's end come rows of up: they are not written.
fn source(out: u32, n: u32) -> u32 {
    return out + n % 16u + n / 16u * params.outs;
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    for (var o = 0u; o < 2u; o++) {
        let c = out + o * 8u;
        if c < params.outs {
            y[row * params.outs + c] = apply(sums[o]) * sums[o + 2u];
        }
    }
}
