//! Which trained cell each cell of another grid has its position from, as in Idefics3 and SmolVLM: the one it begins in, by
//! fractions of f32 and with all the roundings that `transformers` makes of them. Of the
//! 16,384 pairs of edges up to 128 that makes 673 other than exact fractions, some cells being given the one before.
//!
//! Borders between cells come from `torch.arange`, which rounds once more where its vectors begin. These are those of
//! processors with vectors of 8 numbers; with wider ones some borders of more than 16 cells move by one rounding.

use squint_ops::Grid;

/// Numbers in a vector, of which two make one turn of the loop; what is left is computed number by number.
const WIDE: usize = 8;

/// The cells of `grid`, row by row, by their numbers in `trained`.
pub fn cells(trained: Grid, grid: Grid) -> Vec<u32> {
    let [down, across] = [(trained.height, grid.height), (trained.width, grid.width)].map(|(t, g)| axis(t, g));
    let row = |y: &u32| across.iter().map(move |x| y * trained.width as u32 + x).collect::<Vec<_>>();
    down.iter().flat_map(row).collect()
}

/// Of `count` cells along an edge, each one's among `trained`: as many as borders lie at or before its beginning.
fn axis(trained: usize, count: usize) -> Vec<u32> {
    let borders = borders(trained);
    let step = 1.0 / count as f32;
    let begin = |i: usize| (i as f32 * step).min((1.0 - 1e-6) as f32);
    (0..count).map(|i| borders.partition_point(|border| *border <= begin(i)) as u32).collect()
}

/// 1/n, 2/n … below 1, each as it is added up in f64 and rounded to f32. The last may be 1, which nothing reaches.
fn borders(trained: usize) -> Vec<f32> {
    let step = 1.0 / trained as f64;
    let count = ((1.0 - step) / step).ceil() as usize;
    let in_vectors = count / (2 * WIDE) * (2 * WIDE);
    let border = |k: usize| {
        if k >= in_vectors {
            return (step + step * k as f64) as f32;
        }
        let first = (step + step * (k / WIDE * WIDE) as f64) as f32;
        (first as f64 + step * (k % WIDE) as f64) as f32
    };
    (0..count).map(border).collect()
}
