// y[d] = Σ size[r] · x[r] over the rows r with to[r] = d, divided by Σ size[r] where a mean is wanted.
// Grid: one workgroup a place, folded over x and y. Workgroup: 64: a row each while looking for those that come here,
// then strided over the columns. Memory: 8 B of votes.

struct Params {
    rows: u32,
    cols: u32,
    places: u32,
    mean: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> sizes: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> to: array<u32>; // [rows]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [places, cols]
@group(0) @binding(5) var<storage, read_write> new_sizes: array<f32>; // [places]

#import vote_64
#import each_row

fn count() -> u32 {
    return params.places;
}

fn whole(place: u32, lane: u32) {
    let start = place * params.cols;
    for (var c = lane; c < params.cols; c += 64u) {
        y[start + c] = 0.0;
    }
    var total = 0.0;
    for (var tile = 0u; tile < params.rows; tile += 64u) {
        let r = tile + lane;
        let here = vote_64(lane, r < params.rows && to[min(r, params.rows - 1u)] == place);
        // Bits row the lowest up: the order of the rows.
        for (var half = 0u; half < 2u; half++) {
            for (var left = here[half]; left != 0u; left &= left - 1u) {
                let row = tile + 32u * half + firstTrailingBit(left);
                total += sizes[row];
                for (var c = lane; c < params.cols; c += 64u) {
                    y[start + c] += sizes[row] * x[row * params.cols + c];
                }
            }
        }
    }
    if lane == 0u {
        new_sizes[place] = total;
    }
    if params.mean == 1u {
        for (var c = lane; c < params.cols; c += 64u) {
            y[start + c] = select(y[start + c] / total, 0.0, total == 0.0);
        }
    }
}
