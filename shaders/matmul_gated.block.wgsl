// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for many rows, on adapters in software: no barriers, no workgroup memory.
// Grid: ⌈outs / 32⌉ × ⌈rows / 64⌉. Workgroup: 8 × 8, a tile of 8 rows × 4 outs each, gate and up, kept in registers.
// Memory: none. Sums stand in variables of their own: such compilers keep an array in memory.

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import product_block

const PER = 32u;

// The first four sums are those of the gate, the others those of up.
fn source(out: u32, n: u32) -> u32 {
    return min(out + n % 4u * 8u, params.outs - 1u) + n / 4u * params.outs;
}

fn put(row: u32, out: u32, gate: vec4<f32>, up: vec4<f32>) {
    if row < params.rows {
        let at = row * params.outs + out;
        for (var o = 0u; o < 4u; o++) {
            if out + 8u * o < params.outs {
                y[at + 8u * o] = apply(gate[o]) * up[o];
            }
        }
    }
}
