// y[ids[r]] = x[r], or += x[r], one r after the other.
// Grid: one workgroup a place, folded over x and y. Workgroup: 64: an id each while looking for the rows of this place,
// then strided over the columns. Memory: 8 B of votes.

struct Params {
    rows: u32,
    cols: u32,
    places: u32,
    adds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read> ids: array<u32>; // [rows]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [places, cols]

#import vote_64
#import each_row

fn count() -> u32 {
    return params.places;
}

fn whole(place: u32, lane: u32) {
    for (var tile = 0u; tile < params.rows; tile += 64u) {
        let r = tile + lane;
        let here = vote_64(lane, r < params.rows && ids[min(r, params.rows - 1u)] == place);
        // Bits from the lowest up: the order of the rows.
        for (var half = 0u; half < 2u; half++) {
            for (var left = here[half]; left != 0u; left &= left - 1u) {
                let source = (tile + 32u * half + firstTrailingBit(left)) * params.cols;
                for (var c = lane; c < params.cols; c += 64u) {
                    let at = place * params.cols + c;
                    y[at] = select(0.0, y[at], params.adds == 1u) + x[source + c];
                }
            }
        }
    }
}
