//! A grid looked at from another one: bilinear or bicubic between the nearest cells, as position tables are fitted to other
//! pictures. Cell v of the new grid lies at (v + ½) · step − ½, or at v · step where the corners of both grids are the same.
//! With antialias, a cell of a coarser grid is made of all that it covers.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, Grid, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "resize",
    slots: &[read("x"), write("y")],
    fields: &[
        int("images"),
        int("height"),
        int("width"),
        int("chans"),
        int("new_height"),
        int("new_width"),
        int("cubic"),
        int("corners"),
        int("antialias"),
        float("step_y"),
        float("step_x"),
    ],
    shape: |p| {
        let [images, height, width, chans, new_height, new_width, cubic, corners, antialias, step_y, step_x] =
            SPEC.words(p)?;
        // A place beyond the grid would cover nothing.
        let within = |new: u32, step: u32, old: u32| new as f32 * f32::from_bits(step) < old as f32 + 0.5;
        let inside = within(new_height, step_y, height) && within(new_width, step_x, width);
        if antialias == 1 && (cubic == 0 || corners == 1 || !inside) {
            return Err(Error::bug("resize: only the cubic without corners, inside its grid, has an antialiased form"));
        }
        if height == 0 || width == 0 {
            return Err(Error::bug("resize: a grid without cells"));
        }
        Ok(vec![numbers(&[images, height, width, chans])?, numbers(&[images, new_height, new_width, chans])?])
    },
    flops: |p| {
        // A cell covers as many more cells as the grid is coarser.
        let more = |step: u32| if p[8] == 1 { f32::from_bits(step).max(1.0) } else { 1.0 };
        let each = if p[6] == 1 { 40.0 * more(p[9]) * more(p[10]) } else { 8.0 };
        [p[0], p[3], p[4], p[5], each as u32].map(u64::from).iter().product()
    },
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "a place among dozens of cells has five digits after the point" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[3] * p[4] * p[5]).div_ceil(64)) },
    case,
};

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resize {
    /// Four by four cells instead of two by two.
    pub cubic: bool,
    /// The corner cells of both grids lie on each other.
    pub corners: bool,
    /// Cubic over all that a cell covers, as pictures are resampled; a little sharper than between the nearest cells.
    pub antialias: bool,
    /// Old cells per new one, down and across, where a model has its own; otherwise what the grids say.
    pub step: Option<[f32; 2]>,
}

impl Recording {
    /// x: [images, height, width, chans] → [images, to.height, to.width, chans]
    pub fn resize(&mut self, x: Buf, on: Grid, to: Grid, chans: usize, how: Resize) -> Buf {
        let images = self.def(x).len / (on.rows() * chans).max(1);
        let y = self.temp(images * to.rows() * chans);
        let step = |old: usize, new: usize| match how.corners {
            true if new > 1 => (old as f32 - 1.0) / (new as f32 - 1.0),
            true => 0.0,
            false => old as f32 / new as f32,
        };
        let own = [step(on.height, to.height), step(on.width, to.width)];
        let [cubic, corners, antialias] = [how.cubic, how.corners, how.antialias].map(usize::from);
        let sizes = [images, on.height, on.width, chans, to.height, to.width, cubic, corners, antialias];
        let mut words = sizes.map(|n| (n as u32).into()).to_vec();
        words.extend(how.step.unwrap_or(own).map(crate::Word::from));
        self.step(&SPEC, &words, &[x, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [images, height, width, chans, new_height, new_width, cubic, corners, antialias, step_y, step_x] =
        SPEC.words(params)?;
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, y.f32_mut()?);
    let [images, height, width, chans] = [images, height, width, chans].map(|n| n as usize);
    // The cells around a place and their weights.
    let near = |v: u32, step: u32, cells: usize| {
        let step = f32::from_bits(step);
        if antialias == 1 {
            return covered((v as f32 + 0.5) * step, step.max(1.0), cells);
        }
        let place = if corners == 1 { v as f32 * step } else { (v as f32 + 0.5) * step - 0.5 };
        let place = if cubic == 1 { place } else { place.max(0.0) };
        let (first, t) = (place.floor() as i64 - 1, place - place.floor());
        let four =
            if cubic == 1 { [t + 1.0, t, 1.0 - t, 2.0 - t].map(|d| keys(-0.75, d)) } else { [0.0, 1.0 - t, t, 0.0] };
        // Beyond the edge lies what lies at the edge.
        let cell = |i: usize| (first + i as i64).clamp(0, cells as i64 - 1) as usize;
        four.into_iter().enumerate().map(|(i, weight)| (cell(i), weight)).collect()
    };
    for (v, u) in (0..new_height * new_width).map(|i| (i / new_width, i % new_width)) {
        let (down, across) = (near(v, step_y, height), near(u, step_x, width));
        for (image, c) in (0..images * chans).map(|i| (i / chans, i % chans)) {
            let mut sum = 0.0;
            for (row, wy) in &down {
                for (col, wx) in &across {
                    sum += wy * wx * x[((image * height + row) * width + col) * chans + c];
                }
            }
            y[((image * new_height as usize + v as usize) * new_width as usize + u as usize) * chans + c] = sum;
        }
    }
    Ok(())
}

/// The cells less than two steps from a place, as far as there are any, and their shares.
fn covered(place: f32, step: f32, cells: usize) -> Vec<(usize, f32)> {
    let first = (place - 2.0 * step + 0.5).max(0.0) as usize;
    let last = ((place + 2.0 * step + 0.5) as usize).min(cells);
    let weigh = |i: usize| keys(-0.5, ((i as f32 - place + 0.5) / step).abs());
    let sum: f32 = (first..last).map(weigh).sum();
    (first..last).map(|i| (i, weigh(i) / sum)).collect()
}

/// Keys' cubic at a distance: with a = −¾ between cells, as deep-learning libraries have it, with a = −½ over many.
fn keys(a: f32, d: f32) -> f32 {
    match d {
        d if d < 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
        d if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
        _ => 0.0,
    }
}

fn case(rng: &mut Rng) -> Case {
    let on = Grid { height: rng.size(1, 12), width: rng.size(1, 12) };
    let to = Grid { height: rng.size(1, 20), width: rng.size(1, 20) };
    let antialias = rng.coin();
    let (cubic, corners) = (antialias || rng.coin(), !antialias && rng.coin());
    let how = Resize { cubic, corners, antialias, step: (!antialias && rng.coin()).then_some([0.63, 1.21]) };
    let (images, chans) = (rng.size(1, 2), rng.size(1, 20));
    let mut case = Case::new(format!("{images}×{on:?}×{chans} to {to:?} {how:?}"));
    let x = case.numbers(rng, images * on.rows() * chans);
    let y = case.rec.resize(x, on, to, chans, how);
    case.output(y)
}
