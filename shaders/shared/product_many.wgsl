// Products of many rows in tiles of 32 × 32. The importing shader says how many outs a tile has (PER), which row of the
// weight its n-th column is (`source`), how many rows there are (`lines`), and writes four columns of a row: those 0, 8, 16
// and 24 after the first (`put`). What numbers are in the tiles it imports: `tile_full` or `tile_half`. Products and sums are
// f32.
const DEPTH = 8u; // of a tile, in fours
const STRIDE = 33u;
var<workgroup> x_tile: array<Four, DEPTH * STRIDE>; // [DEPTH, 32 rows and one]
var<workgroup> w_tile: array<Four, DEPTH * STRIDE>; // [DEPTH, 32 outs and one]

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.y * 32u;
    let out = group.x * PER;
    let fours = params.depth / 4u;
    // Eight invocations load 128 bytes of one row; four rounds cover 32 rows.
    let k = lane % DEPTH;
    measure(row, lane);
    var sums = array<vec4<f32>, 4>();
    for (var start = 0u; start < fours; start += DEPTH) {
        let there = start + k < fours;
        for (var n = 0u; n < 4u; n++) {
            let r = lane / DEPTH + n * 8u;
            var xs = vec4<f32>();
            var ws = vec4<f32>();
            if there && row + r < params.rows {
                xs = x[(row + r) * fours + start + k] * power(r, true);
            }
            let line = source(out, r);
            if there && line < lines() {
                let at = line * params.depth + (start + k) * 4u;
                ws = four(at, scales(at));
            }
            x_tile[k * STRIDE + r] = Four(xs);
            w_tile[k * STRIDE + r] = Four(ws);
        }
        workgroupBarrier();
        for (var i = 0u; i < DEPTH; i++) {
            let at = i * STRIDE + id.x;
            let w0 = vec4<f32>(w_tile[at]);
            let w1 = vec4<f32>(w_tile[at + 8u]);
            let w2 = vec4<f32>(w_tile[at + 16u]);
            let w3 = vec4<f32>(w_tile[at + 24u]);
            // A row times a matrix is four dot products.
            let m = mat4x4(w0, w1, w2, w3);
            for (var n = 0u; n < 4u; n++) {
                sums[n] += vec4<f32>(x_tile[i * STRIDE + id.y + n * 8u]) * m;
            }
        }
        workgroupBarrier();
    }
    for (var n = 0u; n < 4u; n++) {
        let r = id.y + n * 8u;
        if row + r < params.rows {
            put(row + r, out + id.x, sums[n] * power(r, false));
        }
    }
}
