// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for few rows, where reading the weight is all the work.
// Grid: ⌈outs / 2⌉ · rows workgroups, folded over x and y. Workgroup: 16 × 4: two outs, a gate and an up each, sixteen
// invocations each that share the depth, neighbours reading neighbouring words. Memory: 256 B of partial sums.

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import product_few

const PER = 2u;

fn outs() -> u32 {
    return params.outs;
}

// The first two sums are those of the gate, the others those of up.
fn source(out: u32, n: u32) -> u32 {
    return out + n / 2u * params.outs;
}

fn put(row: u32, out: u32, lane: u32) {
    y[row * params.outs + out] = apply(whole(lane)) * whole(lane + 32u);
}
