// How many things each of 64 invocations and those before it have. Call it where control flow is uniform.
var<workgroup> counts: array<u32, 64>;

// The running sum, this invocation's own number included; the last one's is the sum of all.
fn count_64(lane: u32, own: u32) -> u32 {
    // The last call's result may still be being read.
    workgroupBarrier();
    counts[lane] = own;
    workgroupBarrier();
    for (var step = 1u; step < 64u; step *= 2u) {
        var before = 0u;
        if lane >= step {
            before = counts[lane - step];
        }
        workgroupBarrier();
        counts[lane] += before;
        workgroupBarrier();
    }
    return counts[lane];
}
