// Four of 32 nibbles in the four words from `at` on, each with its fifth bit from the word `high`.
fn five_bits(at: u32, high: u32, j: u32) -> vec4<f32> {
    let low = (w[at + j % 16u / 4u] >> (j / 16u * 4u)) & 0x0f0f0f0fu;
    let four = high >> j;
    return in_place(low | ((four & 1u) << 4u) | ((four & 2u) << 11u) | ((four & 4u) << 18u) | ((four & 8u) << 25u));
}
