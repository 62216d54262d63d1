// Rotary positions: pairs of a head's first `rotated` numbers are turned by pos · base^(−2i / rotated).
// Grid: ⌈rows · heads · head / 64⌉ workgroups, folded over x and y. Workgroup: 64, one number each. Memory: none.

struct Params {
    rows: u32,
    heads: u32,
    head: u32,
    rotated: u32,
    side_by_side: u32,
    base: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, heads, head]
@group(0) @binding(2) var<storage, read> pos: array<u32>; // [rows]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, heads, head]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = (group.y * groups.x + group.x) * 64u + lane;
    if at >= params.rows * params.heads * params.head {
        return;
    }
    let c = at % params.head;
    if c >= params.rotated {
        y[at] = x[at];
        return;
    }
    // Which pair this number belongs to, whether it is its second, and how far off the other one lies.
    let half_way = params.rotated / 2u;
    var i = c % half_way;
    var second = c >= half_way;
    var apart = half_way;
    if params.side_by_side == 1u {
        i = c / 2u;
        second = c % 2u == 1u;
        apart = 1u;
    }
    let frequency = pow(params.base, -2.0 * f32(i) / f32(params.rotated));
    let angle = f32(pos[at / (params.heads * params.head)]) * frequency;
    if second {
        y[at] = x[at - apart] * sin(angle) + x[at] * cos(angle);
    } else {
        y[at] = x[at] * cos(angle) - x[at + apart] * sin(angle);
    }
}
