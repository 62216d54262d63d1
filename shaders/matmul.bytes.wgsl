// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows, in whole numbers: x is rounded to bytes, w's codes are bytes.
// Grid: ⌈outs / 32⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 each, kept in registers. Memory: two tiles of
// 32 × 64 bytes, 4.2 KB, and 1 KB of scales.
requires packed_4x8_integer_dot_product;

#import block_#{WEIGHT}
#import matmul_slots
#import product_bytes
#import matmul_tile
