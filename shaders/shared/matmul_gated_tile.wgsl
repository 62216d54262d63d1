// How tiles of 32 × 32 meet the weight's rows and the output: the same whatever numbers are in them.
const PER = 16u;

fn lines() -> u32 {
    return 2u * params.outs;
}

// The first half of a tile is the gate's, the second up's. Beyond the gate's end come rows of up: they are not written.
fn source(out: u32, n: u32) -> u32 {
    return out + n % 16u + n / 16u * params.outs;
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    for (var o = 0u; o < 2u; o++) {
        let c = out + o * 8u;
        if c < params.outs {
            y[row * params.outs + c] = apply(sums[o]) * sums[o + 2u];
        }
    }
}
