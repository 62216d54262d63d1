// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for many rows, in whole numbers: x is rounded to bytes, w's codes are bytes.
// Grid: ⌈outs / 16⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 sums each, kept in registers: two of the gate, two of
// up. Memory: two tiles of 32 × 64 bytes, 4.2 KB, and 1 KB of scales.
requires packed_4x8_integer_dot_product;

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import product_bytes
#import matmul_gated_tile
