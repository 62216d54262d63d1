// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows.
// Grid: ⌈outs / 32⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 each, kept in registers. Memory: two tiles of
// 32 × 32 numbers, 8.3 KB: unpacked once, each read 8 times. In a tile, four numbers of a row lie beside those of the next
// row, so that neighbouring invocations read neighbouring words; one more row keeps their writes in different banks.

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

const DEPTH = 8u; // of a tile, in fours
const STRIDE = 33u;
var<workgroup> x_tile: array<vec4<f32>, DEPTH * STRIDE>; // [DEPTH, 32 rows and one]
var<workgroup> w_tile: array<vec4<f32>, DEPTH * STRIDE>; // [DEPTH, 32 outs and one]

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.y * 32u;
    let out = group.x * 32u;
    let fours = params.depth / 4u;
    // Eight invocations load 128 bytes of one row; four rounds cover 32 rows.
    let k = lane % DEPTH;
    var sums = array<vec4<f32>, 4>();
    for (var start = 0u; start < fours; start += DEPTH) {
        let there = start + k < fours;
        for (var n = 0u; n < 4u; n++) {
            let r = lane / DEPTH + n * 8u;
            var xs = vec4<f32>();
            var ws = vec4<f32>();
            if there && row + r < params.rows {
                xs = x[(row + r) * fours + start + k];
            }
            if there && out + r < params.here {
                let at = (out + r) * params.depth + (start + k) * 4u;
                ws = four(at, scales(at));
            }
            x_tile[k * STRIDE + r] = xs;
            w_tile[k * STRIDE + r] = ws;
        }
        workgroupBarrier();
        for (var i = 0u; i < DEPTH; i++) {
            let at = i * STRIDE + id.x;
            // A row times a matrix is four dot products.
            let m = mat4x4(w_tile[at], w_tile[at + 8u], w_tile[at + 16u], w_tile[at + 24u]);
            for (var n = 0u; n < 4u; n++) {
                sums[n] += x_tile[i * STRIDE + id.y + n * 8u] * m;
            }
        }
        workgroupBarrier();
    }
    for (var n = 0u; n < 4u; n++) {
        let r = row + id.y + n * 8u;
        for (var o = 0u; o < 4u; o++) {
            let c = out + id.x + o * 8u;
            if r < params.rows && c < params.here {
                y[r * params.outs + params.first + c] = sums[n][o];
            }
        }
    }
}
