// The sum of one number from each of 64 invocations, given to all of them. Call it where control flow is uniform.
// Eight times eight: a barrier costs more than the additions that halving would save.
var<workgroup> partial: array<f32, 64>;

fn sum_64(lane: u32, value: f32) -> f32 {
    // The last call's result may still be being read.
    workgroupBarrier();
    partial[lane] = value;
    workgroupBarrier();
    if lane < 8u {
        var column = 0.0;
        for (var i = lane; i < 64u; i += 8u) {
            column += partial[i];
        }
        partial[lane] = column;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < 8u; i++) {
        sum += partial[i];
    }
    return sum;
}
