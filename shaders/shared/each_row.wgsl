// The entry of shaders whose workgroups of 64 make one row each: `whole(row, lane)` for every row below `count()`.
@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    // Uniform for the whole workgroup, so that barriers are allowed inside.
    let row = group.y * groups.x + group.x;
    if row < count() {
        whole(row, lane);
    }
}
