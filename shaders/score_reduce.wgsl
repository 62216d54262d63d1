// y[j] = mean or maximum, over the queries looked at and over the heads, of exp(score − norm): the attention key j gets.
// Grid: one workgroup a key (and head, where each counts), folded over x and y. Workgroup: 64, strided over the queries.
// Memory: 512 B, two reductions.

struct Params {
    count: u32,
    first: u32,
    placed: u32,
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
    over_queries: u32,
    over_heads: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<f32>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> k: array<u32>; // [groups, room, head] in f32 or pairs of f16
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [keys], read where biased
@group(0) @binding(4) var<storage, read> places: array<u32>; // [count], read where placed
@group(0) @binding(5) var<storage, read> norm: array<f32>; // [count, heads]
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // [width] or [heads, width]

#import key_#{CACHE}
#import score
#import sum_64
#import top_64
#import each_row

fn count() -> u32 {
    return params.width * select(1u, params.heads, params.over_heads == 2u);
}

fn whole(at: u32, lane: u32) {
    let j = at % params.width;
    var h = at / params.width;
    let last = select(params.heads, h + 1u, params.over_heads == 2u);
    var all = 0.0;
    for (; h < last; h++) {
        // Weights are never negative, so zero begins a maximum as well as a sum.
        var own = 0.0;
        for (var i = lane; i < params.count; i += 64u) {
            if j < seen(i) {
                let weight = exp(score(i, h, j) - norm[i * params.heads + h]);
                own = select(own + weight, max(own, weight), params.over_queries == 1u);
            }
        }
        var of_head = 0.0;
        if params.over_queries == 1u {
            of_head = top_64(lane, own);
        } else {
            of_head = sum_64(lane, own) / f32(params.count);
        }
        all = select(all + of_head, max(all, of_head), params.over_heads == 1u);
    }
    if lane == 0u {
        y[at] = select(all, all / f32(params.heads), params.over_heads == 0u);
    }
}
