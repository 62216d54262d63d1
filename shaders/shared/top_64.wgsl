// The largest of one number from each of 64 invocations, given to all of them. Call it where control flow is uniform.
var<workgroup> tops: array<f32, 64>;

fn top_64(lane: u32, value: f32) -> f32 {
    // The last call's result may still be being read.
    workgroupBarrier();
    tops[lane] = value;
    workgroupBarrier();
    for (var step = 32u; step > 0u; step /= 2u) {
        if lane < step {
            tops[lane] = max(tops[lane], tops[lane + step]);
        }
        workgroupBarrier();
    }
    return tops[0];
}
