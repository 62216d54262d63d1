//! y[i, v, u, c] = mean or maximum of x over the cells that (v, u) covers: a sliding window, or the bins that cut a grid
//! into one of any smaller size (output v covers rows ⌊v·h/h'⌋ to ⌈(v+1)·h/h'⌉ − 1). One bin is the mean of all.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write};
use crate::{Buf, Error, Grid, OpSpec, Recording, View, Views, Window};

pub const SPEC: OpSpec = OpSpec {
    stem: "pool",
    slots: &[read("x"), write("y")],
    fields: &[
        int("images"),
        int("height"),
        int("width"),
        int("chans"),
        int("new_height"),
        int("new_width"),
        int("size"),
        int("stride"),
        int("pad"),
        int("function"),
    ],
    shape: |p| {
        let [images, height, width, chans, new_height, new_width, size, stride, pad, function] = SPEC.words(p)?;
        let grid = |height: u32, width: u32| Grid { height: height as usize, width: width as usize };
        let (on, to) = (grid(height, width), grid(new_height, new_width));
        let fits = match size {
            0 => on.height > 0 && on.width > 0,
            // With less padding than window, no window lies wholly beyond the edge.
            _ => stride > 0 && pad < size && to == Window::new(size as usize, stride as usize, pad as usize).over(on),
        };
        if !fits || function > MAX {
            return Err(Error::bug(format!("pool: {on:?} to {to:?} by {size}, stride {stride}, pad {pad}")));
        }
        Ok(vec![numbers(&[images, height, width, chans])?, numbers(&[images, new_height, new_width, chans])?])
    },
    flops: |p| {
        let cells = if p[6] == 0 {
            p[1] as u64 * p[2] as u64
        } else {
            [p[4], p[5], p[6], p[6]].map(u64::from).iter().product()
        };
        cells * p[0] as u64 * p[3] as u64
    },
    twin,
    tolerance: Tolerance { limit: 1e-6, because: "the GPU's division" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[3] * p[4] * p[5]).div_ceil(64)) },
    case,
};

/// Mean over the cells there are; mean over the whole window, zeros beyond the edge; maximum.
const MEAN: u32 = 0;
const MEAN_WITH_EDGE: u32 = 1;
const MAX: u32 = 2;

/// How cells become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pool {
    /// The mean of each of the bins that cut the grid into this one.
    Bins(Grid),
    /// The mean of a window; `edge`: divided by its size even where it reaches beyond the grid.
    Mean {
        window: Window,
        edge: bool,
    },
    Max(Window),
}

impl Recording {
    /// x: [images, height, width, chans] → [images, …, chans] and its grid
    pub fn pool(&mut self, x: Buf, on: Grid, chans: usize, how: Pool) -> (Buf, Grid) {
        let (to, window, function) = match how {
            Pool::Bins(to) => (to, Window::new(0, 0, 0), MEAN),
            Pool::Mean { window, edge } => (window.over(on), window, if edge { MEAN_WITH_EDGE } else { MEAN }),
            Pool::Max(window) => (window.over(on), window, MAX),
        };
        let images = self.def(x).len / (on.rows() * chans).max(1);
        let y = self.temp(images * to.rows() * chans);
        let Window { size, stride, pad, .. } = window;
        let sizes = [images, on.height, on.width, chans, to.height, to.width, size, stride, pad, function as usize];
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[x, y]);
        (y, to)
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [images, height, width, chans, new_height, new_width, size, stride, pad, function] =
        SPEC.words(params)?.map(|v| v as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, y.f32_mut()?);
    // The cells that place `at` of `new` covers, of `all`.
    let covered = |at: usize, all: usize, new: usize| match size {
        0 => at * all / new..((at + 1) * all).div_ceil(new),
        _ => (at * stride).saturating_sub(pad)..(at * stride + size - pad.min(at * stride + size)).min(all),
    };
    for at in 0..images * new_height * new_width * chans {
        let (c, u, v) = (at % chans, at / chans % new_width, at / chans / new_width % new_height);
        let image = at / chans / new_width / new_height;
        let (rows, cols) = (covered(v, height, new_height), covered(u, width, new_width));
        let cells = if function == MEAN_WITH_EDGE as usize { size * size } else { rows.len() * cols.len() };
        let (mut sum, mut most) = (0.0, f32::MIN);
        for row in rows {
            for col in cols.clone() {
                let value = x[((image * height + row) * width + col) * chans + c];
                (sum, most) = (sum + value, value.max(most));
            }
        }
        y[at] = if function == MAX as usize { most } else { sum / cells as f32 };
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let on = Grid { height: rng.size(1, 14), width: rng.size(1, 14) };
    let size = rng.size(1, on.height.min(on.width).min(5));
    let window = Window::new(size, rng.size(1, 3), rng.below(size));
    let how = match rng.below(3) {
        0 => Pool::Bins(Grid { height: rng.size(1, on.height), width: rng.size(1, on.width) }),
        1 => Pool::Mean { window, edge: rng.coin() },
        _ => Pool::Max(window),
    };
    let (images, chans) = (rng.size(1, 3), rng.size(1, 20));
    let mut case = Case::new(format!("{images}×{on:?}×{chans} {how:?}"));
    let x = case.numbers(rng, images * on.rows() * chans);
    let (y, _) = case.rec.pool(x, on, chans, how);
    case.output(y)
}
