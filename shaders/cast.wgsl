// y[i] = x[i] in the other of two formats. Numbers beyond the range of f16 come out as the GPU likes.
// Grid: ⌈len / 128⌉ workgroups, folded over x and y. Workgroup: 64, one pair of numbers each, because two of 16 bits
// share a word. Memory: none.

struct Params {
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

#import cast_#{FROM}
#import each

fn count() -> u32 {
    return (params.len + 1u) / 2u;
}
