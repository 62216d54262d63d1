// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 64⌉ × ⌈rows / 64⌉. Workgroup: 8 × 8, a tile of 8 rows × 8 outs each, kept in registers. Memory: none.
// Sums stand in variables of their own: such compilers keep an array in memory.

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

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let row = group.y * 64u + id.y;
    let out = group.x * 64u + id.x;
    // Rows beyond the last repeat it, and are not written.
    let fours = params.depth / 4u;
    let end = params.rows - 1u;
    let x0 = min(row, end) * fours;
    let x1 = min(row + 8u, end) * fours;
    let x2 = min(row + 16u, end) * fours;
    let x3 = min(row + 24u, end) * fours;
    let x4 = min(row + 32u, end) * fours;
    let x5 = min(row + 40u, end) * fours;
    let x6 = min(row + 48u, end) * fours;
    let x7 = min(row + 56u, end) * fours;
    let last = params.here - 1u;
    let o0 = min(out, last) * params.depth;
    let o1 = min(out + 8u, last) * params.depth;
    let o2 = min(out + 16u, last) * params.depth;
    let o3 = min(out + 24u, last) * params.depth;
    let o4 = min(out + 32u, last) * params.depth;
    let o5 = min(out + 40u, last) * params.depth;
    let o6 = min(out + 48u, last) * params.depth;
    let o7 = min(out + 56u, last) * params.depth;
    var a0 = vec4<f32>();
    var b0 = vec4<f32>();
    var a1 = vec4<f32>();
    var b1 = vec4<f32>();
    var a2 = vec4<f32>();
    var b2 = vec4<f32>();
    var a3 = vec4<f32>();
    var b3 = vec4<f32>();
    var a4 = vec4<f32>();
    var b4 = vec4<f32>();
    var a5 = vec4<f32>();
    var b5 = vec4<f32>();
    var a6 = vec4<f32>();
    var b6 = vec4<f32>();
    var a7 = vec4<f32>();
    var b7 = vec4<f32>();
    for (var run = 0u; run < params.depth; run += RUN) {
        let s0 = scales(o0 + run);
        let s1 = scales(o1 + run);
        let s2 = scales(o2 + run);
        let s3 = scales(o3 + run);
        let s4 = scales(o4 + run);
        let s5 = scales(o5 + run);
        let s6 = scales(o6 + run);
        let s7 = scales(o7 + run);
        for (var k = run; k < min(run + RUN, params.depth); k += 4u) {
            // A row times a matrix is four dot products.
            let m = mat4x4(four(o0 + k, s0), four(o1 + k, s1), four(o2 + k, s2), four(o3 + k, s3));
            let n = mat4x4(four(o4 + k, s4), four(o5 + k, s5), four(o6 + k, s6), four(o7 + k, s7));
            let v0 = x[x0 + k / 4u];
            a0 += v0 * m;
            b0 += v0 * n;
            let v1 = x[x1 + k / 4u];
            a1 += v1 * m;
            b1 += v1 * n;
            let v2 = x[x2 + k / 4u];
            a2 += v2 * m;
            b2 += v2 * n;
            let v3 = x[x3 + k / 4u];
            a3 += v3 * m;
            b3 += v3 * n;
            let v4 = x[x4 + k / 4u];
            a4 += v4 * m;
            b4 += v4 * n;
            let v5 = x[x5 + k / 4u];
            a5 += v5 * m;
            b5 += v5 * n;
            let v6 = x[x6 + k / 4u];
            a6 += v6 * m;
            b6 += v6 * n;
            let v7 = x[x7 + k / 4u];
            a7 += v7 * m;
            b7 += v7 * n;
        }
    }
    put(row, out, a0, b0);
    put(row + 8u, out, a1, b1);
    put(row + 16u, out, a2, b2);
    put(row + 24u, out, a3, b3);
    put(row + 32u, out, a4, b4);
    put(row + 40u, out, a5, b5);
    put(row + 48u, out, a6, b6);
    put(row + 56u, out, a7, b7);
}

fn put(row: u32, out: u32, a: vec4<f32>, b: vec4<f32>) {
    if row < params.rows {
        let at = row * params.outs + params.first + out;
        for (var o = 0u; o < 4u; o++) {
            if out + 8u * o < params.here {
                y[at + 8u * o] = a[o];
            }
            if out + 8u * o + 32u < params.here {
                y[at + 8u * o + 32u] = b[o];
            }
        }
    }
}
