// y[r, o] = Σ_k x[r, k] · w[o, k] for few rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 64⌉ × rows. Workgroup: 16, four numbers each, so that small products still occupy several cores.
// Memory: none.

#import block_#{WEIGHT}
#import matmul_slots
#import product_line

const PER = 4u;

fn outs() -> u32 {
    return params.here;
}

fn source(out: u32, n: u32) -> u32 {
    return min(out + n, params.here - 1u);
}

fn put(row: u32, out: u32, sums: vec4<f32>) {
    let at = row * params.outs + params.first + out;
    for (var o = 0u; o < 4u; o++) {
        if out + o < params.here {
            y[at + o] = sums[o];
        }
    }
}
