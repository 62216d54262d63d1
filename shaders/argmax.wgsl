// y[r] = the place of the largest x[r, c]; of equals the first.
// Grid: one workgroup a row, folded over x and y. Workgroup: 64, strided over the columns. Memory: 512 B.

struct Params {
    rows: u32,
    cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [rows]

#import each_row

fn count() -> u32 {
    return params.rows;
}

var<workgroup> tops: array<f32, 64>;
var<workgroup> places: array<u32, 64>;

fn whole(row: u32, lane: u32) {
    // Lanes without a column repeat the first one, which changes nothing.
    var place = select(0u, lane, lane < params.cols);
    var top = x[row * params.cols + place];
    for (var c = lane + 64u; c < params.cols; c += 64u) {
        let v = x[row * params.cols + c];
        if v > top {
            top = v;
            place = c;
        }
    }
    tops[lane] = top;
    places[lane] = place;
    workgroupBarrier();
    for (var step = 32u; step > 0u; step /= 2u) {
        if lane < step {
            let other = tops[lane + step];
            if other > tops[lane] || (other == tops[lane] && places[lane + step] < places[lane]) {
                tops[lane] = other;
                places[lane] = places[lane + step];
            }
        }
        workgroupBarrier();
    }
    if lane == 0u {
        y[row] = places[0];
    }
}
