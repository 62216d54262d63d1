// y[i, v, u, o] = bias[o] + Σ x[i, v · stride + dy · dilation − pad, …, c] · w[o, c, dy, dx], channels in groups.
// Grid: one invocation a number of y, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in outputs.
// Memory: none.

#import block_#{WEIGHT}

struct Params {
    images: u32,
    height: u32,
    width: u32,
    chans: u32,
    new_height: u32,
    new_width: u32,
    outs: u32,
    groups: u32,
    size: u32,
    stride: u32,
    pad: u32,
    dilation: u32,
    biased: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [images, height, width, chans]
@group(0) @binding(2) var<storage, read> w: array<Word>; // [outs, chans / groups, size, size] in f32 or pairs of f16
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [outs], read where biased
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [images, new_height, new_width, outs]

#import each

fn count() -> u32 {
    return params.images * params.new_height * params.new_width * params.outs;
}

fn one(at: u32) {
    let o = at % params.outs;
    let u = at / params.outs % params.new_width;
    let v = at / params.outs / params.new_width % params.new_height;
    let image = at / params.outs / params.new_width / params.new_height;
    let depth = params.chans / params.groups;
    let chan = o / (params.outs / params.groups) * depth;
    let area = params.size * params.size;
    var sum = 0.0;
    if params.biased == 1u {
        sum = bias[o];
    }
    for (var i = 0u; i < area; i++) {
        // Cells beyond the edge are zeros; below zero wraps to far beyond.
        let row = v * params.stride + i / params.size * params.dilation - params.pad;
        let col = u * params.stride + i % params.size * params.dilation - params.pad;
        if row < params.height && col < params.width {
            let cell = ((image * params.height + row) * params.width + col) * params.chans + chan;
            for (var c = 0u; c < depth; c++) {
                sum += x[cell + c] * weight((o * depth + c) * area + i);
            }
        }
    }
    y[at] = sum;
}
