// y[r, o] = Σ_k x[r, k] · w[o, k] for few rows, where reading the weight is all the work.
// Grid: ⌈outs / 4⌉ · rows workgroups, folded over x and y. Workgroup: 16 × 4: four outs, sixteen invocations each that
// share the depth, neighbours reading neighbouring words. Memory: 256 B of partial sums.

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

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(16, 4)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.y * groups.x + group.x;
    let tiles = (params.here + 3u) / 4u;
    let row = tile / tiles;
    // Uniform for the whole workgroup, so leaving before a barrier is allowed.
    if row >= params.rows {
        return;
    }
    let out = tile % tiles * 4u + id.y;
    var sum = 0.0;
    if out < params.here {
        let start = out * params.depth;
        let first_x = row * params.depth;
        let hops = select(params.depth / 4u, params.depth / 8u, APART > 0u);
        for (var hop = id.x; hop < hops; hop += 16u) {
            let run = hop / (SPAN / 4u) * RUN;
            let k = run + hop % (SPAN / 4u) * 4u;
            let s = scales(start + run);
            let m = eight(start + k);
            let x0 = x[(first_x + k) / 4u];
            var part = dot(x0 * FIELD, m[0]);
            var total = x0;
            if APART > 0u {
                let x1 = x[(first_x + k + APART) / 4u];
                part += dot(x1 * FIELD, m[1]);
                total += x1;
            }
            sum += s.x * part;
            if OFFSETS {
                sum += s.y * dot(total, vec4(1.0));
            }
        }
    }
    parts[lane] = sum;
    workgroupBarrier();
    if id.x < 4u {
        parts[lane] += parts[lane + 4u] + parts[lane + 8u] + parts[lane + 12u];
    }
    workgroupBarrier();
    if id.x == 0u && out < params.here {
        y[row * params.outs + params.first + out] = parts[lane] + parts[lane + 1u] + parts[lane + 2u] + parts[lane + 3u];
    }
}
