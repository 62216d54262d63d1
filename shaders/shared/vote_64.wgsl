// Which of 64 invocations say yes: one bit each, given to all of them. Call it where control flow is uniform.
var<workgroup> votes: array<atomic<u32>, 2>;

fn vote_64(lane: u32, yes: bool) -> vec2<u32> {
    // The last call's result may still be being read.
    workgroupBarrier();
    if lane < 2u {
        atomicStore(&votes[lane], 0u);
    }
    workgroupBarrier();
    if yes {
        atomicOr(&votes[lane / 32u], 1u << (lane % 32u));
    }
    workgroupBarrier();
    return vec2(atomicLoad(&votes[0]), atomicLoad(&votes[1]));
}
