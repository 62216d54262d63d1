// ids[r] = places of the k largest x[r, c], of equals the first; weights[r] = those numbers, or their share.
// Grid: one workgroup a row, folded over x and y. Workgroup: 64, strided over the columns. Memory: 768 B: counts and two
// reductions.
// The smallest number kept is found bit by bit, then places are collected in order; the largest first only at the end.

struct Params {
    rows: u32,
    cols: u32,
    k: u32,
    by_place: u32,
    share: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read_write> ids: array<u32>; // [rows, k]
@group(0) @binding(3) var<storage, read_write> weights: array<f32>; // [rows, k]

#import order
#import count_64
#import sum_64
#import top_64
#import each_row

fn count() -> u32 {
    return params.rows;
}

// Of all invocations together.
fn total(lane: u32, own: u32) -> u32 {
    _ = count_64(lane, own);
    return counts[63];
}

// Numbers of this row not below `least`.
fn not_below(start: u32, lane: u32, least: u32) -> u32 {
    var own = 0u;
    for (var c = lane; c < params.cols; c += 64u) {
        own += select(0u, 1u, order(x[start + c]) >= least);
    }
    return total(lane, own);
}

fn whole(row: u32, lane: u32) {
    let start = row * params.cols;
    let kept = row * params.k;
    var border = 0u;
    for (var bit = 0x80000000u; bit != 0u; bit >>= 1u) {
        if not_below(start, lane, border | bit) >= params.k {
            border |= bit;
        }
    }
    // So many that equal the border are kept, the first ones.
    let above = select(not_below(start, lane, border + 1u), 0u, border == 0xffffffffu);
    let ties = params.k - above;

    // Places in order, kept in `weights` for now, where the other order can still read them.
    var passed = vec2(0u);
    for (var tile = 0u; tile < params.cols; tile += 64u) {
        let c = tile + lane;
        var own = 0u;
        if c < params.cols {
            let v = order(x[start + c]);
            // Two counts in one number: those above in the low half, ties in the high one.
            own = select(select(0u, 0x10000u, v == border), 1u, v > border);
        }
        let upto = count_64(lane, own) - own;
        let before = passed + vec2(upto & 0xffffu, upto >> 16u);
        if own == 1u || (own != 0u && before.y < ties) {
            let at = before.x + min(before.y, ties);
            ids[kept + at] = c;
            weights[kept + at] = f32(c);
        }
        passed += vec2(counts[63] & 0xffffu, counts[63] >> 16u);
    }
    storageBarrier();

    if params.by_place == 0u {
        for (var i = lane; i < params.k; i += 64u) {
            let place = u32(weights[kept + i]);
            let own = order(x[start + place]);
            var rank = 0u;
            for (var j = 0u; j < params.k; j++) {
                let other = order(x[start + u32(weights[kept + j])]);
                rank += select(0u, 1u, other > own || (other == own && j < i));
            }
            ids[kept + rank] = place;
        }
        storageBarrier();
    }

    // Shares: of those kept, or of the whole row.
    var most = -3.4028234e38;
    for (var c = lane; c < params.cols; c += 64u) {
        most = max(most, x[start + c]);
    }
    most = top_64(lane, most);
    var sum = 0.0;
    for (var i = lane; i < select(params.k, params.cols, params.share == 2u); i += 64u) {
        var c = i;
        if params.share != 2u {
            c = ids[kept + i];
        }
        sum += exp(x[start + c] - most);
    }
    sum = sum_64(lane, sum);
    for (var i = lane; i < params.k; i += 64u) {
        let v = x[start + ids[kept + i]];
        weights[kept + i] = select(v, exp(v - most) / sum, params.share != 0u);
    }
}
