// y[r, o] = Σ_k x[r, k] · w[o, k] for few rows, where reading the weight is all the work.
// Grid: ⌈outs / 4⌉ · rows workgroups, folded over x and y. Workgroup: 16 × 4: four outs, sixteen invocations each that
// share the depth, neighbours reading neighbouring words. Memory: 256 B of partial sums.

#import block_#{WEIGHT}
#import matmul_slots
#import product_few

const PER = 4u;

fn outs() -> u32 {
    return params.here;
}

fn source(out: u32, n: u32) -> u32 {
    return out;
}

fn put(row: u32, out: u32, lane: u32) {
    y[row * params.outs + params.first + out] = whole(lane);
}
