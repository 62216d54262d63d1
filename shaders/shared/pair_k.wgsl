// What q4_k and q5_k share. The scale and the minimum of number i, both multiplied out: 8 pairs of 6 bits in the 12
// bytes after f16 d and f16 dmin, which are word `block`.
fn pair_k(block: u32, j: u32) -> vec2<f32> {
    let at = block * 4u + 4u + j % 4u;
    let first = byte(at);
    let second = byte(at + 4u);
    var scale = first & 63u;
    var low = second & 63u;
    if j >= 4u {
        let both = byte(at + 8u);
        scale = (both & 15u) | ((first >> 6u) << 4u);
        low = (both >> 4u) | ((second >> 6u) << 4u);
    }
    return unpack2x16float(w[block]) * vec2(f32(scale), -f32(low));
}
// Four nibbles of 256 from word `at` on: byte l of run r holds 64·r + l low and 64·r + 32 + l high.
fn nibbles_k(at: u32, j: u32) -> u32 {
    return (w[at + j / 64u * 8u + j % 32u / 4u] >> (j % 64u / 32u * 4u)) & 0x0f0f0f0fu;
}
