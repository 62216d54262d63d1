// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for few rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 32⌉ × rows. Workgroup: 16, two numbers each, so that small products still occupy several cores.
// Memory: none.

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import product_line

const PER = 2u;

fn outs() -> u32 {
    return params.outs;
}

// The first two sums are those of the gate, the others those of up.
fn source(out: u32, n: u32) -> u32 {
    return min(out + n % 2u, params.outs - 1u) + n / 2u * params.outs;
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    let at = row * params.outs + out;
    for (var o = 0u; o < 2u; o++) {
        if out + o < params.outs {
            y[at + o] = apply(sums[o]) * sums[o + 2u];
        }
    }
}
