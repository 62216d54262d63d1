// Products of many rows, eight rows × eight sums an invocation. The importing shader says how many outs a workgroup has
// (PER), which row of the weight the n-th sum needs (`source`; rows beyond the last repeat it), and writes those of one
// row (`put`).
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let row = group.y * 64u + id.y;
    let out = group.x * PER + id.x;
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
    let o0 = source(out, 0u) * params.depth;
    let o1 = source(out, 1u) * params.depth;
    let o2 = source(out, 2u) * params.depth;
    let o3 = source(out, 3u) * params.depth;
    let o4 = source(out, 4u) * params.depth;
    let o5 = source(out, 5u) * params.depth;
    let o6 = source(out, 6u) * params.depth;
    let o7 = source(out, 7u) * params.depth;
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
