// h[c, n] ← exp(dt · a[c, n]) · h[c, n] + dt · b[r, n] · x, row after row; y[r, c] = Σ_n c[r, n] · h[c, n] + d[c] · x.
// Grid: ⌈chans / 64⌉ workgroups, folded over x and y. Workgroup: 64, one channel each. Memory: none shared; each
// invocation holds up to 64 numbers.

struct Params {
    rows: u32,
    chans: u32,
    states: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, chans]
@group(0) @binding(2) var<storage, read> dt: array<f32>; // [rows, chans]
@group(0) @binding(3) var<storage, read> a: array<f32>; // [chans, states]
@group(0) @binding(4) var<storage, read> b: array<f32>; // [rows, states]
@group(0) @binding(5) var<storage, read> c: array<f32>; // [rows, states]
@group(0) @binding(6) var<storage, read> d: array<f32>; // [chans]
@group(0) @binding(7) var<storage, read_write> state: array<f32>; // [chans, states]
@group(0) @binding(8) var<storage, read_write> y: array<f32>; // [rows, chans]

#import each

fn count() -> u32 {
    return params.chans;
}

fn one(chan: u32) {
    var h: array<f32, 64>;
    let held = chan * params.states;
    for (var n = 0u; n < params.states; n++) {
        h[n] = state[held + n];
    }
    for (var r = 0u; r < params.rows; r++) {
        let v = x[r * params.chans + chan];
        let step = dt[r * params.chans + chan];
        var sum = 0.0;
        for (var n = 0u; n < params.states; n++) {
            h[n] = exp(step * a[held + n]) * h[n] + step * b[r * params.states + n] * v;
            sum += c[r * params.states + n] * h[n];
        }
        y[r * params.chans + chan] = sum + d[chan] * v;
    }
    for (var n = 0u; n < params.states; n++) {
        state[held + n] = h[n];
    }
}
