// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 64⌉ × ⌈rows / 64⌉. Workgroup: 8 × 8, a tile of 8 rows × 8 outs each, kept in registers. Memory: none.
// Sums stand in variables of their own: such compilers keep an array in memory.

#import block_#{WEIGHT}
#import matmul_slots
#import product_block

const PER = 64u;

fn source(out: u32, n: u32) -> u32 {
    return min(out + 8u * n, params.here - 1u);
}

fn put(row: u32, out: u32, a: vec4<f32>, b: vec4<f32>) {
    if row < params.rows {
        let at = row * params.outs + params.first + out;
        for (var o = 0u; o < 4u; o++) {
            if out + 8u * o < params.here {
                y[at + 8u * o] = a[o];
            }
            if out + 8u * o + 32u < params.here {
                y[at + 8u * o + 32u] = b[o];
            }
        }
    }
}
