// y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j]: the plain form, for any head.
// Grid: one workgroup a row and head, folded over x and y. Workgroup: 64: one key each while scoring, up to four numbers
// of the output each while mixing. Memory: 1.5 KB: the query, one tile of weights, a reduction.
// The maximum runs along with the tiles, so the number of keys is not limited by workgroup memory.

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
@group(0) @binding(1) var<storage, read> q: array<f32>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> k: array<Word>; // [groups, room, head] in f32 or f16
@group(0) @binding(3) var<storage, read> v: array<Word>; // the same
@group(0) @binding(4) var<storage, read> bias: array<f32>; // [keys], read where biased
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, heads, head]

#import cache_#{CACHE}
#import sum_64
#import top_64
#import seen_by
#import each_row

fn count() -> u32 {
    return params.rows * params.heads;
}

var<workgroup> query: array<f32, 256>;
var<workgroup> weights: array<f32, 64>;

fn whole(at: u32, lane: u32) {
    let head = params.head;
    let cache = at % params.heads / (params.heads / params.groups) * params.room * head;
    for (var c = lane; c < head; c += 64u) {
        query[c] = q[at * head + c] * params.scale;
    }
    workgroupBarrier();
    let seen = seen_by(at / params.heads);
    let begin = seen_from(at / params.heads);

    var top = -3.0e38;
    var sum = 0.0;
    var mixed = vec4<f32>();
    for (var tile = begin / 64u * 64u; tile < seen; tile += 64u) {
        let key = tile + lane;
        var score = -3.0e38;
        if key < seen && key >= begin {
            score = 0.0;
            for (var c = 0u; c < head; c++) {
                score += query[c] * key_at(cache + key * head + c);
            }
            if params.biased == 1u {
                score += bias[key];
            }
        }
        let new_top = max(top, top_64(lane, score));
        let shrink = exp(top - new_top);
        top = new_top;
        var weight = 0.0;
        if key < seen && key >= begin {
            weight = exp(score - top);
        }
        weights[lane] = weight;
        sum = sum * shrink + sum_64(lane, weight);
        mixed *= shrink;
        let here = min(64u, seen - tile);
        for (var j = 0u; j < here; j++) {
            let row = cache + (tile + j) * head;
            for (var n = 0u; n < 4u; n++) {
                let c = lane + 64u * n;
                if c < head {
                    mixed[n] += weights[j] * value_at(row + c);
                }
            }
        }
        // Everybody has read the weights before the next tile writes them: top_64 begins with a barrier.
    }
    for (var n = 0u; n < 4u; n++) {
        let c = lane + 64u * n;
        if c < head {
            y[at * head + c] = select(mixed[n] / sum, 0.0, sum < 0.5);
        }
    }
}
