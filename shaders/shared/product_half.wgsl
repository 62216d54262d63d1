// Products of many rows in tiles of 32 × 32 as in product_many, the tiles in half precision. Products and sums are f32.
// Half precision ends at 65 504, and activations need not: a row is multiplied by the power of two that brings its
// largest number to between 2¹³ and 2¹⁴, which costs no digit, and its sums are divided by it.
const DEPTH = 8u; // of a tile, in fours
const STRIDE = 33u;
var<workgroup> x_tile: array<vec4<f16>, DEPTH * STRIDE>; // [DEPTH, 32 rows and one]
var<workgroup> w_tile: array<vec4<f16>, DEPTH * STRIDE>; // [DEPTH, 32 outs and one]
// Of each row, the bits of its largest number: positive numbers are ordered as their bits are.
var<workgroup> largest: array<atomic<u32>, 32>;

// The power of two that a row is multiplied by, or divided by.
fn power(row: u32, times: bool) -> f32 {
    let exponent = clamp(atomicLoad(&largest[row]) >> 23u, 14u, 254u);
    return bitcast<f32>(select(exponent - 13u, 267u - exponent, times) << 23u);
}

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
    for (var n = 0u; n < 4u; n++) {
        let r = lane / DEPTH + n * 8u;
        var most = vec4<f32>();
        if row + r < params.rows {
            for (var i = k; i < fours; i += DEPTH) {
                most = max(most, abs(x[(row + r) * fours + i]));
            }
        }
        atomicMax(&largest[r], bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w))));
    }
    workgroupBarrier();
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
            x_tile[k * STRIDE + r] = vec4<f16>(xs);
            w_tile[k * STRIDE + r] = vec4<f16>(ws);
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
