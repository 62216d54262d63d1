// A grid looked at from another one: bilinear or bicubic between the nearest cells, or cubic over all that a cell covers.
// Grid: one invocation a number of y, 64 a workgroup, folded over x and y. Workgroup: 64, neighbours in channels.
// Memory: none.

struct Params {
    images: u32,
    height: u32,
    width: u32,
    chans: u32,
    new_height: u32,
    new_width: u32,
    cubic: u32,
    corners: u32,
    antialias: u32,
    step_y: f32,
    step_x: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [images, height, width, chans]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [images, new_height, new_width, chans]

#import each

fn count() -> u32 {
    return params.images * params.new_height * params.new_width * params.chans;
}

// Where cell v of the new grid lies in the old one.
fn place(v: u32, step: f32) -> f32 {
    if params.corners == 1u {
        return f32(v) * step;
    }
    return (f32(v) + 0.5) * step - 0.5;
}

// Weights of the cells at −1, 0, 1 and 2 for a place at t: linear, or Keys' cubic with a = −¾.
fn weights(t: f32) -> vec4<f32> {
    if params.cubic == 0u {
        return vec4(0.0, 1.0 - t, t, 0.0);
    }
    let outer = vec2(t + 1.0, 2.0 - t);
    let o = ((-0.75 * outer + 3.75) * outer - 6.0) * outer + 3.0;
    let inner = vec2(t, 1.0 - t);
    let i = (1.25 * inner - 2.25) * inner * inner + 1.0;
    return vec4(o.x, i.x, i.y, o.y);
}

// Keys' cubic with a = −½ at a distance.
fn share(d: f32) -> f32 {
    if d < 1.0 {
        return (1.5 * d - 2.5) * d * d + 1.0;
    }
    return select(0.0, ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0, d < 2.0);
}

// Every cell less than two steps from a place, as far as there are any.
fn covering(image: u32, v: u32, u: u32, c: u32) -> f32 {
    let steps = max(vec2(params.step_y, params.step_x), vec2(1.0));
    let here = (vec2(f32(v), f32(u)) + 0.5) * vec2(params.step_y, params.step_x);
    let first = vec2<u32>(max(here - 2.0 * steps + 0.5, vec2(0.0)));
    let end = min(vec2<u32>(here + 2.0 * steps + 0.5), vec2(params.height, params.width));
    var sum = 0.0;
    var all = 0.0;
    for (var row = first.x; row < end.x; row++) {
        let down = share(abs(f32(row) - here.x + 0.5) / steps.x);
        for (var col = first.y; col < end.y; col++) {
            let weight = down * share(abs(f32(col) - here.y + 0.5) / steps.y);
            sum += weight * x[((image * params.height + row) * params.width + col) * params.chans + c];
            all += weight;
        }
    }
    return sum / all;
}

fn one(at: u32) {
    let c = at % params.chans;
    let u = at / params.chans % params.new_width;
    let v = at / params.chans / params.new_width % params.new_height;
    let image = at / params.chans / params.new_width / params.new_height;
    if params.antialias == 1u {
        y[at] = covering(image, v, u, c);
        return;
    }
    var here = vec2(place(v, params.step_y), place(u, params.step_x));
    if params.cubic == 0u {
        here = max(here, vec2(0.0));
    }
    let down = weights(here.x - floor(here.x));
    let across = weights(here.y - floor(here.y));
    let corner = vec2<i32>(floor(here)) - 1;
    let last = vec2(i32(params.height), i32(params.width)) - 1;
    var sum = 0.0;
    for (var j = 0; j < 4; j++) {
        // Beyond the edge lies what lies at the edge.
        let row = u32(clamp(corner.x + j, 0, last.x));
        for (var i = 0; i < 4; i++) {
            let col = u32(clamp(corner.y + i, 0, last.y));
            sum += down[j] * across[i] * x[((image * params.height + row) * params.width + col) * params.chans + c];
        }
    }
    y[at] = sum;
}
