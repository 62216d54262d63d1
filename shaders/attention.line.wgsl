// y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j] for few rows, on adapters in software.
// Grid: ⌈rows · heads / 4⌉ workgroups, folded over x and y. Workgroup: 4, a query each, so that a few heads still occupy
// several cores; four keys at a time. Memory: none shared, the output in private memory.

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

@compute @workgroup_size(4)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = (group.y * groups.x + group.x) * 4u + lane;
    if at >= params.rows * params.heads {
        return;
    }
    let fours = params.head / 4u;
    let cache = at % params.heads / (params.heads / params.groups) * params.room;
    let seen = seen_by(at / params.heads);
    let begin = seen_from(at / params.heads);
    let last = max(seen, 1u) - 1u;
    // Keys that are not seen weigh nothing even where all the others are masked: see MASKED of the op.
    let none = vec4(-3.4e38);
    var top = -3.0e38;
    var sum = 0.0;
    var mixed: array<vec4<f32>, 64>;
    for (var tile = begin / 4u * 4u; tile < seen; tile += 4u) {
        // Keys beyond the last repeat it, and weigh nothing.
        let key = vec4(tile, min(tile + 1u, last), min(tile + 2u, last), min(tile + 3u, last));
        let base = (vec4(cache) + key) * fours;
        var scores = vec4<f32>();
        for (var c = 0u; c < fours; c++) {
            scores += q[at * fours + c] * mat4x4(keys_at(base.x + c), keys_at(base.y + c), keys_at(base.z + c), keys_at(base.w + c));
        }
        scores *= params.scale;
        if params.biased == 1u {
            scores += vec4(bias[key.x], bias[key.y], bias[key.z], bias[key.w]);
        }
        let each = vec4(tile) + vec4(0u, 1u, 2u, 3u);
        scores = select(none, scores, (each < vec4(seen)) & (each >= vec4(begin)));
        let new_top = max(max(top, scores.x), max(scores.y, max(scores.z, scores.w)));
        let shrink = exp(top - new_top);
        top = new_top;
        let weights = exp(scores - top);
        sum = sum * shrink + dot(weights, vec4(1.0));
        for (var c = 0u; c < fours; c++) {
            let values = mat4x4(values_at(base.x + c), values_at(base.y + c), values_at(base.z + c), values_at(base.w + c));
            mixed[c] = mixed[c] * shrink + values * weights;
        }
    }
    for (var c = 0u; c < fours; c++) {
        y[at * fours + c] = select(mixed[c] / sum, vec4<f32>(), sum < 0.5);
    }
}
