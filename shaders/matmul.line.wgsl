// y[r, o] = Σ_k x[r, k] · w[o, k] for few rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 64⌉ × rows. Workgroup: 16, four numbers each, so that small products still occupy several cores.
// Memory: none.

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

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let out = (group.x * 16u + lane) * 4u;
    if out >= params.here {
        return;
    }
    // Rows beyond the last repeat it, and are not written.
    let last = params.here - 1u;
    let o0 = out * params.depth;
    let o1 = min(out + 1u, last) * params.depth;
    let o2 = min(out + 2u, last) * params.depth;
    let o3 = min(out + 3u, last) * params.depth;
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
    let at = group.y * params.outs + params.first + out;
    for (var o = 0u; o < 4u; o++) {
        if out + o < params.here {
            y[at + o] = sums[o];
        }
    }
}
