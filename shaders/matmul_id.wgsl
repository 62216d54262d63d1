// y[r] = Σ_e factor[r, e] · w[ids[r, e]] · x, for any weight format; an id beyond the experts gives zeros, which the first
// shard writes. Later shards add to a sum what they have of it.
// Grid: one invocation a number of y, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in outputs.
// Memory: none.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    each: u32,
    outs: u32,
    depth: u32,
    experts: u32,
    own: u32,
    weighed: u32,
    summed: u32,
    first: u32,
    here: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, depth] or [rows, each, depth]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [here, depth] of [experts · outs, depth] in blocks
@group(0) @binding(3) var<storage, read> ids: array<u32>; // [rows, each]
@group(0) @binding(4) var<storage, read> factors: array<f32>; // [rows, each], read where weighed
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, each, outs] or [rows, outs]

#import each

fn count() -> u32 {
    return params.rows * params.outs * select(params.each, 1u, params.summed == 1u);
}

fn one(at: u32) {
    let o = at % params.outs;
    // The choices whose answers this number holds: one, or all of a row.
    let many = select(1u, params.each, params.summed == 1u);
    let first = at / params.outs * many;
    var all = 0.0;
    var mine = params.first == 0u;
    if params.summed == 1u && !mine {
        all = y[at];
    }
    for (var choice = first; choice < first + many; choice++) {
        let expert = ids[choice];
        // A row before the first wraps to far beyond.
        let line = expert * params.outs + o - params.first;
        if expert >= params.experts || line >= params.here {
            continue;
        }
        mine = true;
        let row = line * params.depth;
        let source = select(choice / params.each, choice, params.own == 1u) * params.depth;
        var sum = 0.0;
        for (var k = 0u; k < params.depth; k++) {
            sum += x[source + k] * weight(row + k);
        }
        if params.weighed == 1u {
            sum *= factors[choice];
        }
        all += sum;
    }
    if mine {
        y[at] = all;
    }
}
