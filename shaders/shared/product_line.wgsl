// Products of few rows, four sums an invocation. The importing shader says how many outs those are (PER, outs()), which
// row of the weight the n-th sum needs (`source`; rows beyond the last repeat it), and writes them (`put`).
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let out = (group.x * 16u + lane) * PER;
    if out >= outs() {
        return;
    }
    let o0 = source(out, 0u) * params.depth;
    let o1 = source(out, 1u) * params.depth;
    let o2 = source(out, 2u) * params.depth;
    let o3 = source(out, 3u) * params.depth;
    let row = group.y * params.depth / 4u;
    var sums = vec4<f32>();
    for (var run = 0u; run < params.depth; run += RUN) {
        let s0 = scales(o0 + run);
        let s1 = scales(o1 + run);
        let s2 = scales(o2 + run);
        let s3 = scales(o3 + run);
        var part = vec4<f32>();
        var total = vec4<f32>();
        for (var k = run; k < min(run + SPAN, params.depth); k += 4u) {
            let m0 = eight(o0 + k);
            let m1 = eight(o1 + k);
            let m2 = eight(o2 + k);
            let m3 = eight(o3 + k);
            let x0 = x[row + k / 4u];
            total += x0;
            // A row times a matrix is four dot products.
            part += (x0 * FIELD) * mat4x4(m0[0], m1[0], m2[0], m3[0]);
            if APART > 0u {
                let x1 = x[row + (k + APART) / 4u];
                total += x1;
                part += (x1 * FIELD) * mat4x4(m0[1], m1[1], m2[1], m3[1]);
            }
        }
        sums += vec4(s0.x, s1.x, s2.x, s3.x) * part;
        if OFFSETS {
            sums += vec4(s0.y, s1.y, s2.y, s3.y) * dot(total, vec4(1.0));
        }
    }
    put(group.y, out, sums);
}
