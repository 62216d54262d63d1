// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]), for any weight format and any depth: the plain form.
// Grid: ⌈outs / 8⌉ × ⌈rows / 16⌉. Workgroup: 16 × 16, one sum each, half of them of the gate. Memory: two tiles of 16 × 16,
// 2 KB.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    outs: u32,
    depth: u32,
    function: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, depth]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [2 · outs, depth] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, outs]

#import curve
#import product

fn lines() -> u32 {
    return 2u * params.outs;
}

// The first half of a tile is the gate's, the second up's. Beyond the gate's end come rows of up: they are not written.
fn source(tile: u32, n: u32) -> u32 {
    return tile * 8u + n % 8u + n / 8u * params.outs;
}

fn put(row: u32, tile: u32, id: vec3<u32>, sum: f32) {
    // Half of the invocations have what the others multiply with; the tile has been read.
    x_tile[id.y][id.x] = sum;
    workgroupBarrier();
    let out = tile * 8u + id.x;
    if id.x < 8u && row < params.rows && out < params.outs {
        y[row * params.outs + out] = apply(sum) * x_tile[id.y][id.x + 8u];
    }
}
