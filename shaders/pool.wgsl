// y[i, v, u, c] = mean or maximum of x over the cells that (v, u) covers: a sliding window, or a bin.
// Grid: one invocation a number of y, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in channels.
// Memory: none.

struct Params {
    images: u32,
    height: u32,
    width: u32,
    chans: u32,
    new_height: u32,
    new_width: u32,
    size: u32,
    stride: u32,
    pad: u32,
    function: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [images, height, width, chans]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [images, new_height, new_width, chans]

#import each

fn count() -> u32 {
    return params.images * params.new_height * params.new_width * params.chans;
}

// First cell that place `at` of `places` covers, of `all`, and the first it does not.
fn covered(at: u32, all: u32, places: u32) -> vec2<u32> {
    if params.size == 0u {
        return vec2(at * all / places, ((at + 1u) * all + places - 1u) / places);
    }
    let first = at * params.stride;
    return vec2(max(first, params.pad) - params.pad, min(max(first + params.size, params.pad) - params.pad, all));
}

fn one(at: u32) {
    let c = at % params.chans;
    let u = at / params.chans % params.new_width;
    let v = at / params.chans / params.new_width % params.new_height;
    let image = at / params.chans / params.new_width / params.new_height;
    let rows = covered(v, params.height, params.new_height);
    let cols = covered(u, params.width, params.new_width);
    var sum = 0.0;
    var most = -3.4028234e38;
    for (var row = rows.x; row < rows.y; row++) {
        for (var col = cols.x; col < cols.y; col++) {
            let value = x[((image * params.height + row) * params.width + col) * params.chans + c];
            sum += value;
            most = max(most, value);
        }
    }
    var cells = (rows.y - rows.x) * (cols.y - cols.x);
    if params.function == 1u {
        cells = params.size * params.size;
    }
    y[at] = select(sum / f32(cells), most, params.function == 2u);
}
