// y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j] for many rows: prefill, and encoders.
// Grid: ⌈rows / 32⌉ · heads workgroups, folded over x and y. Workgroup: 8 × 8: 32 queries of one head share tiles of 16
// keys; an invocation scores four queries against two keys, then mixes up to four fours of those four queries' outputs.
// Memory: 10 KB: one tile, of keys and then of values, and its weights.

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

const KEYS = 16u;
var<workgroup> tile: array<vec4<f32>, 528>; // [KEYS, head / 4 and one, which keeps reads in different banks]
var<workgroup> weights: array<vec4<f32>, 128>; // [KEYS, 8], four queries each: scores first

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = group.y * groups.x + group.x;
    let blocks = (params.rows + 31u) / 32u;
    // Uniform for the whole workgroup, so leaving before a barrier is allowed.
    if at >= blocks * params.heads {
        return;
    }
    let fours = params.head / 4u;
    let stride = fours + 1u;
    let h = at / blocks;
    let cache = h / (params.heads / params.groups) * params.room * fours;
    // Rows beyond the last repeat it, and are not written.
    let first = at % blocks * 32u;
    let row = min(vec4(first + id.y * 4u) + vec4(0u, 1u, 2u, 3u), vec4(params.rows - 1u));
    let seen = vec4(seen_by(row.x), seen_by(row.y), seen_by(row.z), seen_by(row.w));
    let begin = vec4(seen_from(row.x), seen_from(row.y), seen_from(row.z), seen_from(row.w));
    let most = seen_by(min(first + 31u, params.rows - 1u));
    let query = (row * params.heads + vec4(h)) * fours;
    // Keys that are not seen weigh nothing even where all the others are masked: see MASKED of the op.
    let none = vec4(-3.4e38);
    var top = vec4(-3.0e38);
    var sum = vec4<f32>();
    var mixed: array<mat4x4<f32>, 4>; // four columns, one a query
    for (var start = seen_from(first) / KEYS * KEYS; start < most; start += KEYS) {
        let here = min(KEYS, most - start) * fours;
        let base = cache + start * fours;
        workgroupBarrier();
        for (var i = lane; i < here; i += 64u) {
            tile[i / fours * stride + i % fours] = keys_at(base + i);
        }
        workgroupBarrier();
        var scores = array<vec4<f32>, 2>();
        for (var c = 0u; c < fours; c++) {
            let m = mat4x4(q[query.x + c], q[query.y + c], q[query.z + c], q[query.w + c]);
            scores[0] += tile[id.x * stride + c] * m;
            scores[1] += tile[(id.x + 8u) * stride + c] * m;
        }
        for (var n = 0u; n < 2u; n++) {
            let key = start + id.x + n * 8u;
            var b = 0.0;
            if params.biased == 1u && key < params.keys {
                b = bias[key];
            }
            scores[n] = select(none, scores[n] * params.scale + b, (vec4(key) < seen) & (vec4(key) >= begin));
            weights[(id.x + n * 8u) * 8u + id.y] = scores[n];
        }
        workgroupBarrier();
        // The keys have been read: their place is the values' now.
        for (var i = lane; i < here; i += 64u) {
            tile[i / fours * stride + i % fours] = values_at(base + i);
        }
        var new_top = top;
        for (var j = 0u; j < KEYS; j++) {
            new_top = max(new_top, weights[j * 8u + id.y]);
        }
        let shrink = exp(top - new_top);
        top = new_top;
        workgroupBarrier();
        for (var n = 0u; n < 2u; n++) {
            weights[(id.x + n * 8u) * 8u + id.y] = exp(scores[n] - top);
        }
        workgroupBarrier();
        sum *= shrink;
        for (var n = 0u; n < 4u; n++) {
            let m = mixed[n];
            mixed[n] = mat4x4(m[0] * shrink.x, m[1] * shrink.y, m[2] * shrink.z, m[3] * shrink.w);
        }
        for (var j = 0u; j < min(KEYS, most - start); j++) {
            let weight = weights[j * 8u + id.y];
            sum += weight;
            for (var n = 0u; n < 4u; n++) {
                let c = id.x + n * 8u;
                if c < fours {
                    let value = tile[j * stride + c];
                    mixed[n] += mat4x4(value * weight.x, value * weight.y, value * weight.z, value * weight.w);
                }
            }
        }
    }
    for (var n = 0u; n < 4u; n++) {
        let c = id.x + n * 8u;
        for (var i = 0u; i < 4u; i++) {
            if c < fours && first + id.y * 4u + i < params.rows {
                y[query[i] + c] = select(mixed[n][i] / sum[i], vec4<f32>(), sum[i] < 0.5);
            }
        }
    }
}
