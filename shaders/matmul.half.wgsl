// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows, factors rounded to half precision.
// Grid: ⌈outs / 32⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 each, kept in registers. Memory: two tiles of
// 32 × 32 numbers of 16 bits, 4.2 KB, laid out as in matmul.many, and 32 words for rows' scales.
enable f16;

#import block_#{WEIGHT}
#import matmul_slots
#import tile_half
#import product_many
#import matmul_tile
