// Each square of side × side cells becomes one row with their channels one after the other, or back again.
// Grid: one invocation a number, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in channels. Memory: none.

struct Params {
    images: u32,
    height: u32,
    width: u32,
    chans: u32,
    side: u32,
    back: u32,
    down: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

#import each

fn count() -> u32 {
    return params.images * params.height * params.width * params.chans;
}

fn one(at: u32) {
    let c = at % params.chans;
    let fine = at / params.chans;
    let col = fine % params.width;
    let row = fine / params.width % params.height;
    let image = fine / params.width / params.height;
    let side = params.side;
    let square = (image * (params.height / side) + row / side) * (params.width / side) + col / side;
    let inner = vec2(row % side, col % side);
    let cell = select(inner.x * side + inner.y, inner.y * side + inner.x, params.down == 1u);
    let coarse = (square * side * side + cell) * params.chans + c;
    if params.back == 1u {
        y[at] = x[coarse];
    } else {
        y[coarse] = x[at];
    }
}
