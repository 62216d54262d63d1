// y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j] for many rows, on adapters in software.
// Grid: ⌈⌈rows / 4⌉ · heads / 16⌉ workgroups, folded over x and y. Workgroup: 16, four queries of one head each against
// four keys at a time: sixteen products for eight reads. Memory: none shared, the output in private memory.

struct Params {
    rows: u32,
    heads: u32,
    groups: u32,
    head: u32,
    keys: u32,
    room: u32,
    start: u32,
    causal: u32,
    prefix: u32,
    biased: u32,
    scale: f32,
    window: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> k: array<Word>; // [groups, room, head] in f32 or f16
@group(0) @binding(3) var<storage, read> v: array<Word>; // the same
@group(0) @binding(4) var<storage, read> bias: array<f32>; // [keys], read where biased
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [rows, heads, head]

#import cache_#{CACHE}
#import seen_by

@compute @workgroup_size(16)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = (group.y * groups.x + group.x) * 16u + lane;
    let tiles = (params.rows + 3u) / 4u;
    if at >= tiles * params.heads {
        return;
    }
    let fours = params.head / 4u;
    let h = at / tiles;
    let cache = h / (params.heads / params.groups) * params.room;
    // Rows beyond the last repeat it, and are not written.
    let row = min(vec4(at % tiles * 4u) + vec4(0u, 1u, 2u, 3u), vec4(params.rows - 1u));
    let seen = vec4(seen_by(row.x), seen_by(row.y), seen_by(row.z), seen_by(row.w));
    let begin = vec4(seen_from(row.x), seen_from(row.y), seen_from(row.z), seen_from(row.w));
    // The last of the four sees most, the first begins first.
    let last = max(seen.w, 1u) - 1u;
    let query = (row * params.heads + vec4(h)) * fours;
    // Keys that are not seen weigh nothing even where all the others are masked: see MASKED of the op.
    let none = vec4(-3.4e38);
    var top = vec4(-3.0e38);
    var sum = vec4<f32>();
    var mixed: array<mat4x4<f32>, 32>; // four columns, one a query, for each four of the head
    for (var tile = begin.x / 4u * 4u; tile < seen.w; tile += 4u) {
        // Keys beyond the last repeat it, and weigh nothing.
        let key = vec4(tile, min(tile + 1u, last), min(tile + 2u, last), min(tile + 3u, last));
        let base = (vec4(cache) + key) * fours;
        // One of each key, its four numbers those of the queries.
        var s0 = vec4<f32>();
        var s1 = vec4<f32>();
        var s2 = vec4<f32>();
        var s3 = vec4<f32>();
        for (var c = 0u; c < fours; c++) {
            let m = mat4x4(q[query.x + c], q[query.y + c], q[query.z + c], q[query.w + c]);
            s0 += keys_at(base.x + c) * m;
            s1 += keys_at(base.y + c) * m;
            s2 += keys_at(base.z + c) * m;
            s3 += keys_at(base.w + c) * m;
        }
        var b = vec4<f32>();
        if params.biased == 1u {
            b = vec4(bias[key.x], bias[key.y], bias[key.z], bias[key.w]);
        }
        let w0 = select(none, s0 * params.scale + b.x, (vec4(tile) < seen) & (vec4(tile) >= begin));
        let w1 = select(none, s1 * params.scale + b.y, (vec4(tile + 1u) < seen) & (vec4(tile + 1u) >= begin));
        let w2 = select(none, s2 * params.scale + b.z, (vec4(tile + 2u) < seen) & (vec4(tile + 2u) >= begin));
        let w3 = select(none, s3 * params.scale + b.w, (vec4(tile + 3u) < seen) & (vec4(tile + 3u) >= begin));
        let new_top = max(top, max(max(w0, w1), max(w2, w3)));
        let shrink = exp(top - new_top);
        top = new_top;
        let weights = mat4x4(exp(w0 - top), exp(w1 - top), exp(w2 - top), exp(w3 - top));
        sum = sum * shrink + weights * vec4(1.0);
        let by_query = transpose(weights);
        for (var c = 0u; c < fours; c++) {
            let values = mat4x4(values_at(base.x + c), values_at(base.y + c), values_at(base.z + c), values_at(base.w + c));
            let old = mixed[c];
            mixed[c] = mat4x4(old[0] * shrink.x, old[1] * shrink.y, old[2] * shrink.z, old[3] * shrink.w) + values * by_query;
        }
    }
    for (var c = 0u; c < fours; c++) {
        for (var n = 0u; n < 4u; n++) {
            if at % tiles * 4u + n < params.rows {
                y[query[n] + c] = select(mixed[c][n] / sum[n], vec4<f32>(), sum[n] < 0.5);
            }
        }
    }
}
