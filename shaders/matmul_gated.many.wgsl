// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for many rows.
// Grid: ⌈outs / 16⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 sums each, kept in registers: two of the gate, two of
// up. Memory: two tiles of 32 × 32 numbers, 8.3 KB, as in matmul.many.

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import tile_full
#import product_many
#import matmul_gated_tile
