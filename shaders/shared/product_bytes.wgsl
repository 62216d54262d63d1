// Products of many rows in whole numbers, in tiles of 32 × 32. What the importing shader says is said in product_many.
// 32 numbers of x share a scale, the largest of them becomes ±127, halves are rounded to even: what the cpu backend does
// with weights of 4 bits, without its second terms. A weight is scale · code + offset, so the offset is multiplied with
// the sum of the codes of x.
const WORDS = 16u; // of four codes: two blocks of 32
const STRIDE = 33u;
var<workgroup> x_codes: array<u32, WORDS * STRIDE>; // [WORDS, 32 rows and one]
var<workgroup> w_codes: array<u32, WORDS * STRIDE>; // [WORDS, 32 outs and one]
var<workgroup> x_scales: array<vec2<f32>, 64>; // [2 blocks, 32 rows]: scale, and scale · Σ codes
var<workgroup> w_scales: array<vec2<f32>, 64>; // [2 blocks, 32 outs]: scale, offset

// Rounds a block of x, eight fours from `first` on, into its place in the tile; says its scale and scale · Σ codes.
fn rounded(first: u32, place: u32) -> vec2<f32> {
    var most = vec4<f32>();
    for (var i = 0u; i < 8u; i++) {
        most = max(most, abs(x[first + i]));
    }
    let largest = max(max(most.x, most.y), max(most.z, most.w));
    // Below this 127 / largest would overflow; such a block is zero.
    let there = largest >= 1e-30;
    let inverse = select(0.0, 127.0 / largest, there);
    var sum = 0;
    for (var i = 0u; i < 8u; i++) {
        let codes = pack4xI8(vec4<i32>(round(x[first + i] * inverse)));
        sum += dot4I8Packed(codes, 0x01010101u);
        x_codes[place + i * STRIDE] = codes;
    }
    let scale = select(0.0, largest * (1.0 / 127.0), there);
    return vec2(scale, scale * f32(sum));
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.y * 32u;
    let out = group.x * PER;
    // Every invocation loads one block of a row of x and one of a row of the weight.
    let r = lane % 32u;
    let half = lane / 32u;
    let place = half * 8u * STRIDE + r;
    let line = source(out, r);
    var sums = array<vec4<f32>, 4>();
    for (var start = 0u; start < params.depth; start += 64u) {
        let k = start + half * 32u;
        // Where there is nothing, scales of zero make nothing of whatever the codes were.
        var xs = vec2<f32>();
        var ws = vec2<f32>();
        if k < params.depth && row + r < params.rows {
            xs = rounded(((row + r) * params.depth + k) / 4u, place);
        }
        if k < params.depth && line < lines() {
            let at = line * params.depth + k;
            ws = scales(at);
            for (var i = 0u; i < 8u; i++) {
                w_codes[place + i * STRIDE] = four_bytes(at + 4u * i);
            }
        }
        x_scales[lane] = xs;
        w_scales[lane] = ws;
        workgroupBarrier();
        for (var block = 0u; block < 2u; block++) {
            var whole = array<vec4<i32>, 4>();
            for (var i = block * 8u; i < block * 8u + 8u; i++) {
                let at = i * STRIDE + id.x;
                let w0 = w_codes[at];
                let w1 = w_codes[at + 8u];
                let w2 = w_codes[at + 16u];
                let w3 = w_codes[at + 24u];
                for (var n = 0u; n < 4u; n++) {
                    let v = x_codes[i * STRIDE + id.y + n * 8u];
                    let products =
                        vec4(dot4I8Packed(v, w0), dot4I8Packed(v, w1), dot4I8Packed(v, w2), dot4I8Packed(v, w3));
                    whole[n] += products;
                }
            }
            let at = block * 32u + id.x;
            let s0 = w_scales[at];
            let s1 = w_scales[at + 8u];
            let s2 = w_scales[at + 16u];
            let s3 = w_scales[at + 24u];
            for (var n = 0u; n < 4u; n++) {
                let xs = x_scales[block * 32u + id.y + n * 8u];
                sums[n] += vec4(s0.x, s1.x, s2.x, s3.x) * xs.x * vec4<f32>(whole[n]);
                sums[n] += vec4(s0.y, s1.y, s2.y, s3.y) * xs.y;
            }
        }
        workgroupBarrier();
    }
    for (var n = 0u; n < 4u; n++) {
        let r = row + id.y + n * 8u;
        if r < params.rows {
            put(r, out + id.x, sums[n]);
        }
    }
}
