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

var<workgroup> x_tile: array<array<f32, 16>, 16>;
var<workgroup> w_tile: array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let row = group.y * 16u + id.y;
    let out = group.x * 16u + id.x;
    // The thread that stores column id.x loads row id.y of both tiles: neighbours read neighbours.
    let w_row = group.x * 16u + id.y;
    var sum = 0.0;
    for (var start = 0u; start < params.depth; start += 16u) {
        let k = start + id.x;
        var xv = 0.0;
        if row < params.rows && k < params.depth {
            xv = x[row * params.depth + k];
        }
        var wv = 0.0;
        if w_row < params.here && k < params.depth {
            wv = weight(w_row * params.depth + k);
        }
        x_tile[id.y][id.x] = xv;
        w_tile[id.y][id.x] = wv;
        workgroupBarrier();
        for (var i = 0u; i < 16u; i++) {
            sum += x_tile[id.y][i] * w_tile[id.x][i];
        }
        workgroupBarrier();
    }
    if row < params.rows && out < params.here {
        y[row * params.outs + params.first + out] = sum;
    }
}
