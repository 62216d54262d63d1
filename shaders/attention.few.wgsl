// y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j] for few rows and many keys: decoding.
// Grid: one workgroup a row and head, folded over x and y. Workgroup: 256: a key each while scoring; while mixing, as
// many groups as the head leaves room for, each with its share of the keys. Memory: 7 KB: the query, one tile of
// weights, a reduction.

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

var<workgroup> query: array<vec4<f32>, 64>;
var<workgroup> weights: array<f32, 256>;
var<workgroup> some: array<f32, 256>;
var<workgroup> parts: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    // Uniform for the whole workgroup, so leaving before a barrier is allowed.
    let at = group.y * groups.x + group.x;
    if at >= params.rows * params.heads {
        return;
    }
    let fours = params.head / 4u;
    let cache = at % params.heads / (params.heads / params.groups) * params.room * fours;
    let seen = seen_by(at / params.heads);
    let begin = seen_from(at / params.heads);
    // Which four of the head this invocation mixes, and in which group.
    let shares = 256u / max(fours, 1u);
    let share = lane / max(fours, 1u);
    let mine = lane % max(fours, 1u);
    if lane < fours {
        query[lane] = q[at * fours + lane] * params.scale;
    }
    var top = -3.0e38;
    var sum = 0.0;
    var mixed = vec4<f32>();
    for (var tile = begin / 256u * 256u; tile < seen; tile += 256u) {
        let key = tile + lane;
        // The query is there; the last tile's weights have been read.
        workgroupBarrier();
        var score = -3.0e38;
        if key < seen && key >= begin {
            score = 0.0;
            for (var c = 0u; c < fours; c++) {
                score += dot(query[c], keys_at(cache + key * fours + c));
            }
            if params.biased == 1u {
                score += bias[key];
            }
        }
        some[lane] = score;
        workgroupBarrier();
        for (var step = 128u; step > 0u; step /= 2u) {
            if lane < step {
                some[lane] = max(some[lane], some[lane + step]);
            }
            workgroupBarrier();
        }
        let new_top = max(top, some[0]);
        let shrink = exp(top - new_top);
        top = new_top;
        let weight = select(0.0, exp(score - top), key < seen && key >= begin);
        weights[lane] = weight;
        sum = sum * shrink + weight;
        mixed *= shrink;
        workgroupBarrier();
        if share < shares {
            for (var j = share; j < min(256u, seen - tile); j += shares) {
                mixed += weights[j] * values_at(cache + (tile + j) * fours + mine);
            }
        }
    }
    workgroupBarrier();
    some[lane] = sum;
    parts[lane] = mixed;
    workgroupBarrier();
    for (var step = 128u; step > 0u; step /= 2u) {
        if lane < step {
            some[lane] += some[lane + step];
        }
        workgroupBarrier();
    }
    if lane < fours {
        var all = vec4<f32>();
        for (var n = 0u; n < shares; n++) {
            all += parts[n * fours + lane];
        }
        y[at * fours + lane] = select(all / some[0], vec4<f32>(), some[0] < 0.5);
    }
}
