// The sum of one number from each of 64 invocations, given to all of them. Call it where control flow is uniform.
var<workgroup> partial: array<f32, 64>;

fn sum_64(lane: u32, value: f32) -> f32 {
    // The last call's result may still be being read.
    workgroupBarrier();
    partial[lane] = value;
    workgroupBarrier();
    for (var step = 32u; step > 0u; step /= 2u) {
        if lane < step {
            partial[lane] += partial[lane + step];
        }
        workgroupBarrier();
    }
    return partial[0];
}
