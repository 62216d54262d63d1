// Products in tiles of 16 × 16. The importing shader says which row of the weight the n-th column of a tile is
// (`source`), how many rows there are (`lines`), and writes the sums, in uniform control flow (`put`).
var<workgroup> x_tile: array<array<f32, 16>, 16>;
var<workgroup> w_tile: array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let row = group.y * 16u + id.y;
    // The thread that stores column id.x loads row id.y of both tiles: neighbours read neighbours.
    let w_row = source(group.x, id.y);
    var sum = 0.0;
    for (var start = 0u; start < params.depth; start += 16u) {
        let k = start + id.x;
        var xv = 0.0;
        if row < params.rows && k < params.depth {
            xv = x[row * params.depth + k];
        }
        var wv = 0.0;
        if w_row < lines() && k < params.depth {
            wv = weight(w_row * params.depth + k);
        }
        x_tile[id.y][id.x] = xv;
        w_tile[id.y][id.x] = wv;
        workgroupBarrier();
        for (var i = 0u; i < 16u; i++) {
            sum += x_tile[id.y][i] * w_tile[id.x][i];
        }
        workgroupBarrier();
    }
    put(row, group.x, id, sum);
}
