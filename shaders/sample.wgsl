// One id, drawn by its logit: penalty, temperature, top-k, top-p, min-p, in this order.
// Grid: one workgroup. Workgroup: 256, strided over the ids, or a stretch of them each where order matters.
// Memory: 2 KB of sums of 64 bits.
// Nothing is sorted: a border in the order (weight downwards, id upwards) is found bit by bit, as the largest weight from
// which on the mass is enough, and then by going through the ids of just that weight.

struct Params {
    cols: u32,
    recents: u32,
    gain: f32,
    relief: f32,
    sharpness: f32,
    top_k: u32,
    top_p: u32,
    min_p: u32,
    seed: u32,
    step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [cols]
@group(0) @binding(2) var<storage, read> recent: array<u32>; // [recents]
@group(0) @binding(3) var<storage, read_write> work: array<u32>; // [cols]: bits of logits, then weights
@group(0) @binding(4) var<storage, read_write> y: array<u32>; // [1]

#import order
#import dice

var<workgroup> sums: array<vec2<u32>, 256>;
var<workgroup> found: u32;

// What is left: weights above x, and of weight x the ids up to y.
var<private> border: vec2<u32> = vec2(1u, 0xffffffffu);

fn left(id: u32) -> bool {
    return work[id] > border.x || (work[id] == border.x && id <= border.y);
}

// The sum of one number from each invocation, or the largest, given to all.
fn all_256(lane: u32, own: vec2<u32>, largest: bool) -> vec2<u32> {
    // The last call's result may still be being read.
    workgroupBarrier();
    sums[lane] = own;
    workgroupBarrier();
    for (var step = 128u; step > 0u; step /= 2u) {
        if lane < step {
            let other = sums[lane + step];
            if !largest {
                sums[lane] = plus(sums[lane], other);
            } else if less(sums[lane], other) {
                sums[lane] = other;
            }
        }
        workgroupBarrier();
    }
    return sums[0];
}

// Weights of the ids left that are not below `least`; or their number.
fn mass(lane: u32, least: u32, counted: bool) -> vec2<u32> {
    var sum = vec2(0u);
    for (var id = lane; id < params.cols; id += 256u) {
        if left(id) && work[id] >= least {
            sum = plus(sum, vec2(select(work[id], 1u, counted), 0u));
        }
    }
    return all_256(lane, sum, false);
}

// The id that brings the mass to `goal`, going up through those left; where `only` is not 0, through those of this weight.
fn reach(lane: u32, goal: vec2<u32>, only: u32, counted: bool) -> u32 {
    let stretch = (params.cols + 255u) / 256u;
    let first = min(lane * stretch, params.cols);
    let end = min(first + stretch, params.cols);
    workgroupBarrier();
    var sum = vec2(0u);
    for (var id = first; id < end; id++) {
        if left(id) && (only == 0u || work[id] == only) {
            sum = plus(sum, vec2(select(work[id], 1u, counted), 0u));
        }
    }
    sums[lane] = sum;
    workgroupBarrier();
    // The invocation in whose stretch the goal lies walks through it.
    var before = vec2(0u);
    for (var i = 0u; i < lane; i++) {
        before = plus(before, sums[i]);
    }
    if less(before, goal) && !less(plus(before, sum), goal) {
        for (var id = first; id < end && less(before, goal); id++) {
            if left(id) && (only == 0u || work[id] == only) {
                before = plus(before, vec2(select(work[id], 1u, counted), 0u));
                found = id;
            }
        }
    }
    workgroupBarrier();
    return found;
}

// Leaves the likeliest ids whose mass reaches `goal`, and no more.
fn cut(lane: u32, goal: vec2<u32>, counted: bool) {
    var least = 0u;
    for (var bit = 1u << 29u; bit > 0u; bit >>= 1u) {
        if !less(mass(lane, least | bit, counted), goal) {
            least |= bit;
        }
    }
    let rest = minus(goal, mass(lane, least + 1u, counted));
    border = vec2(least, reach(lane, rest, least, counted));
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
    // Each invocation looks after its own ids, also where they are recent.
    for (var id = lane; id < params.cols; id += 256u) {
        work[id] = bitcast<u32>(x[id]);
    }
    for (var i = 0u; i < params.recents; i++) {
        let id = recent[i];
        if id < params.cols && id % 256u == lane {
            work[id] = bitcast<u32>(x[id] * select(params.gain, params.relief, x[id] > 0.0));
        }
    }
    var best = vec2(0u);
    for (var id = lane; id < params.cols; id += 256u) {
        // Of equals the first: the smaller id has the larger complement. What is no number is above all, whatever its sign.
        let none = (work[id] & 0x7fffffffu) > 0x7f800000u;
        let own = vec2(~id, select(order(bitcast<f32>(work[id])), 0xffffffffu, none));
        if less(best, own) {
            best = own;
        }
    }
    storageBarrier();
    let top = ~all_256(lane, best, true).x;
    // No way out of its own: browsers want it to be plain that all invocations go the same way.
    let broken = (work[top] & 0x7f800000u) == 0x7f800000u;
    if params.top_k == 1u {
        if lane == 0u {
            y[0] = select(top, 0xffffffffu, broken);
        }
        return;
    }
    let most = bitcast<f32>(work[top]);
    storageBarrier();
    for (var id = lane; id < params.cols; id += 256u) {
        work[id] = weight(u32(min((most - bitcast<f32>(work[id])) * params.sharpness, 1.0e9)));
    }
    storageBarrier();
    if params.top_k > 0u {
        let there = mass(lane, 1u, true).x;
        cut(lane, vec2(min(params.top_k, there), 0u), true);
    }
    if params.top_p != 0xffffffffu {
        cut(lane, share(mass(lane, 1u, false), params.top_p), false);
    }
    if params.min_p > border.x {
        border = vec2(params.min_p, 0xffffffffu);
    }
    let goal = share(mass(lane, 1u, false), philox(vec2(params.step, 0u), params.seed).x);
    let drawn = reach(lane, goal, 0u, false);
    if lane == 0u {
        y[0] = select(drawn, 0xffffffffu, broken);
    }
}
