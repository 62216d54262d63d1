// Tiles of numbers as they are, for product_many.
alias Four = vec4<f32>;

fn measure(row: u32, lane: u32) {}

fn power(row: u32, times: bool) -> f32 {
    return 1.0;
}
