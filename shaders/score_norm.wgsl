// y[i, h] = log Σ_j exp(scale · q[i, h] · k[g, j] + bias[j]) over the keys that query i sees.
// Grid: one workgroup a query and head, folded over x and y. Workgroup: 64, strided over the keys. Memory: 512 B, two
// reductions.

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
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<f32>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> k: array<u32>; // [groups, room, head] in f32 or pairs of f16
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [keys], read where biased
@group(0) @binding(4) var<storage, read> places: array<u32>; // [count], read where placed
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [count, heads]

#import key_#{CACHE}
#import score
#import sum_64
#import top_64
#import each_row

fn count() -> u32 {
    return params.count * params.heads;
}

fn whole(at: u32, lane: u32) {
    let i = at / params.heads;
    let h = at % params.heads;
    let keys = seen(i);
    // Each invocation keeps the largest of its scores and a sum that is scaled to it.
    var top = -3.0e38;
    var sum = 0.0;
    for (var j = lane; j < keys; j += 64u) {
        let s = score(i, h, j);
        let new_top = max(top, s);
        sum = sum * exp(top - new_top) + exp(s - new_top);
        top = new_top;
    }
    let most = top_64(lane, top);
    sum = sum_64(lane, sum * exp(top - most));
    if lane == 0u {
        y[at] = select(most + log(sum), 0.0, sum < 0.5);
    }
}
