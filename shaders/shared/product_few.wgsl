// Products of few rows, four sums a workgroup. The importing shader says how many outs those are (PER, outs()), which
// row of the weight the n-th sum of an out needs (`source`), and writes them (`put`).
var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(16, 4)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.y * groups.x + group.x;
    let tiles = (outs() + PER - 1u) / PER;
    let row = tile / tiles;
    // Uniform for the whole workgroup, so leaving before a barrier is allowed.
    if row >= params.rows {
        return;
    }
    let out = tile % tiles * PER + id.y % PER;
    var sum = 0.0;
    if out < outs() {
        let start = source(out, id.y) * params.depth;
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
    if id.x == 0u && id.y < PER && out < outs() {
        put(row, out, lane);
    }
}

// One of the workgroup's four sums.
fn whole(lane: u32) -> f32 {
    return parts[lane] + parts[lane + 1u] + parts[lane + 2u] + parts[lane + 3u];
}
