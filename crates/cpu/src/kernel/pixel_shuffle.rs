//! Cells that lie side by side in a row of the picture and in a square move together; rows of the picture are shared out
//! between threads.

use super::{Machine, Part};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Numbers that are worth handing out.
const GRAIN: usize = 8192;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [images, height, width, chans, side, back, down] = std::array::from_fn(|i| params[i] as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, Parts::new(y.f32_mut()?));
    let line = side * chans;
    // Numbers that stay neighbours.
    let run = if down == 1 { chans } else { line };
    machine.pool.split(images * height, GRAIN / (width * chans).max(1) + 1, |range| {
        for row in range {
            for square in 0..width / side {
                let first = row * width * chans + square * line;
                let corner = (row / side * (width / side) + square) * side * line + row % side * run;
                for i in 0..line / run {
                    let (fine, coarse) = (first + i * run, corner + i * line);
                    let (from, to) = if back == 1 { (coarse, fine) } else { (fine, coarse) };
                    // SAFETY: every number of the one grid is one of the other, and every row is in one range.
                    unsafe { y.slice(to..to + run) }.copy_from_slice(&x[from..from + run]);
                }
            }
        }
    });
    Ok(())
}
