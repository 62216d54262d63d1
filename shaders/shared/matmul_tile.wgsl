// How tiles of 32 × 32 meet the weight's rows and the output: the same whatever numbers are in them.
const PER = 32u;

fn lines() -> u32 {
    return params.here;
}

fn source(out: u32, n: u32) -> u32 {
    return out + n;
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    for (var o = 0u; o < 4u; o++) {
        let c = out + o * 8u;
        if c < params.here {
            y[row * params.outs + params.first + c] = sums[o];
        }
    }
}
