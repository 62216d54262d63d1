//! Each square of `side` × `side` cells becomes one row with their channels one after the other, or back again. Cells are
//! taken row by row (dy outer, dx inner), or column by column where `down` is set, as Swin merges its patches.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write};
use crate::{Buf, Error, Grid, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "pixel_shuffle",
    slots: &[read("x"), write("y")],
    // The fine grid and its channels, in both directions.
    fields: &[int("images"), int("height"), int("width"), int("chans"), int("side"), int("back"), int("down")],
    shape: |p| {
        let [images, height, width, chans, side, _, _] = SPEC.words(p)?;
        if side == 0 || height % side != 0 || width % side != 0 {
            return Err(Error::bug(format!("pixel_shuffle: {height}×{width} cells are no squares of {side}")));
        }
        Ok(vec![numbers(&[images, height, width, chans])?; 2])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "nothing is computed" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1] * p[2] * p[3]).div_ceil(64)) },
    case,
};

/// Which squares, and in which order their cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shuffle {
    pub side: usize,
    /// From few rows to many.
    pub back: bool,
    /// Cells column by column.
    pub down: bool,
}

impl Recording {
    /// x: [images, height, width, chans] → [images, height / side, width / side, side² · chans], or back; `fine` is the
    /// grid of many cells and `chans` are its channels in both directions
    pub fn pixel_shuffle(&mut self, x: Buf, fine: Grid, chans: usize, how: Shuffle) -> Buf {
        let len = self.def(x).len;
        let y = self.temp(len);
        let Shuffle { side, back, down } = how;
        let images = len / (fine.rows() * chans).max(1);
        let sizes = [images, fine.height, fine.width, chans, side, back as usize, down as usize];
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[x, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [images, height, width, chans, side, back, down] = SPEC.words(params)?.map(|v| v as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, y.f32_mut()?);
    for fine in 0..images * height * width {
        let (row, col) = (fine / width % height, fine % width);
        let square = (fine / width / height * (height / side) + row / side) * (width / side) + col / side;
        let cell = if down == 1 { col % side * side + row % side } else { row % side * side + col % side };
        let coarse = square * side * side + cell;
        let (from, to) = if back == 1 { (coarse, fine) } else { (fine, coarse) };
        y[to * chans..][..chans].copy_from_slice(&x[from * chans..][..chans]);
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let how = Shuffle { side: rng.size(1, 4), back: rng.coin(), down: rng.coin() };
    let fine = Grid { height: how.side * rng.size(1, 5), width: how.side * rng.size(1, 5) };
    let (images, chans) = (rng.size(1, 3), rng.size(1, 20));
    let mut case = Case::new(format!("{images}×{fine:?}×{chans} {how:?}"));
    let x = case.numbers(rng, images * fine.rows() * chans);
    let y = case.rec.pixel_shuffle(x, fine, chans, how);
    case.output(y)
}
