// Tiles of half precision, for product_many. Half precision ends at 65 504, and activations need not: a row is multiplied by
// the power of two that brings its largest number to between 2¹³ and 2¹⁴, which costs no digit, and its sums are divided by
// it.
alias Four = vec4<f16>;
// Of each row, the bits of its largest number: positive numbers are ordered as their bits are.
var<workgroup> largest: array<atomic<u32>, 32>;

// Looks for the largest numbers, in uniform control flow: eight invocations a row.
fn measure(row: u32, lane: u32) {
    let fours = params.depth / 4u;
    for (var n = 0u; n < 4u; n++) {
        let r = lane / 8u + n * 8u;
        var most = vec4<f32>();
        if row + r < params.rows {
            for (var i = lane % 8u; i < fours; i += 8u) {
                most = max(most, abs(x[(row + r) * fours + i]));
            }
        }
        atomicMax(&largest[r], bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w))));
    }
    workgroupBarrier();
}

// The power of two that a row is multiplied by, or divided by.
fn power(row: u32, times: bool) -> f32 {
    let exponent = clamp(atomicLoad(&largest[row]) >> 23u, 14u, 254u);
    return bitcast<f32>(select(exponent - 13u, 267u - exponent, times) << 23u);
}
