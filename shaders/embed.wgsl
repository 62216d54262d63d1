// y[r] = w[ids[r]], in any weight format; an id beyond the table gives zeros.
// Grid: ⌈rows · cols / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

#import block_#{WEIGHT}

struct Params {
    rows: u32,
    cols: u32,
    vocab: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> w: array<u32>; // [vocab, cols] in blocks
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if i >= params.rows * params.cols {
        return;
    }
    let id = ids[i / params.cols];
    var v = 0.0;
    if id < params.vocab {
        v = weight(id * params.cols + i % params.cols);
    }
    y[i] = v;
}
