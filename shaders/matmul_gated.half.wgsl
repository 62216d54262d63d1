// y[r, o] = f(gate[o] · x[r]) · (up[o] · x[r]) for many rows, factors rounded to half precision.
// Grid: ⌈outs / 16⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 sums each, kept in registers: two of the gate, two of
// up. Memory: two tiles of 32 × 32 numbers of 16 bits, 4.2 KB, and 32 words for rows' scales.
enable f16;

#import block_#{WEIGHT}
#import matmul_gated_slots
#import curve
#import tile_half
#import product_many
#import matmul_gated_tile
