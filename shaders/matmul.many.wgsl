// y[r, o] = Σ_k x[r, k] · w[o, k] for many rows.
// Grid: ⌈outs / 32⌉ × ⌈rows / 32⌉. Workgroup: 8 × 8, a tile of 4 × 4 each, kept in registers. Memory: two tiles of
// 32 × 32 numbers, 8.3 KB: unpacked once, each read 8 times. In a tile, four numbers of a row lie beside those of the next
// row, so that neighbouring invocations read neighbouring words; one more row keeps their writes in different banks.

#import block_#{WEIGHT}
#import matmul_slots
#import tile_full
#import product_many
#import matmul_tile
