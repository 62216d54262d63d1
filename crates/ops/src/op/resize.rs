//! A grid looked at from another one: bilinear or bicubic between the nearest cells, without antialiasing, as position
//! tables are fitted to other pictures. Cell v of the new grid lies at (v + ½) · step − ½, or at v · step where the corners
//! of both grids are the same.

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
        float("step_y"),
        float("step_x"),
    ],
    shape: |p| {
        let [images, height, width, chans, new_height, new_width, _, _, _, _] = SPEC.words(p)?;
        if height == 0 || width == 0 {
            return Err(Error::bug("resize: a grid without cells"));
        }
        Ok(vec![numbers(&[images, height, width, chans])?, numbers(&[images, new_height, new_width, chans])?])
    },
    flops: |p| [p[0], p[3], p[4], p[5], if p[6] == 1 { 40 } else { 8 }].map(u64::from).iter().product(),
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
        let sizes = [images, on.height, on.width, chans, to.height, to.width, how.cubic as usize, how.corners as usize];
        let mut words = sizes.map(|n| (n as u32).into()).to_vec();
        words.extend(how.step.unwrap_or(own).map(crate::Word::from));
        self.step(&SPEC, &words, &[x, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [images, height, width, chans, new_height, new_width, cubic, corners, step_y, step_x] = SPEC.words(params)?;
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, y.f32_mut()?);
    let [images, height, width, chans] = [images, height, width, chans].map(|n| n as usize);
    // The four cells around a place, the first one maybe before the edge, and their weights.
    let near = |v: u32, step: u32| {
        let step = f32::from_bits(step);
        let place = if corners == 1 { v as f32 * step } else { (v as f32 + 0.5) * step - 0.5 };
        let place = if cubic == 1 { place } else { place.max(0.0) };
        let t = place - place.floor();
        (place.floor() as i64 - 1, if cubic == 1 { keys(t) } else { [0.0, 1.0 - t, t, 0.0] })
    };
    for (v, u) in (0..new_height * new_width).map(|i| (i / new_width, i % new_width)) {
        let ((top, down), (left, across)) = (near(v, step_y), near(u, step_x));
        for (image, c) in (0..images * chans).map(|i| (i / chans, i % chans)) {
            let mut sum = 0.0;
            for (j, wy) in down.iter().enumerate() {
                // Beyond the edge lies what lies at the edge.
                let row = (top + j as i64).clamp(0, height as i64 - 1) as usize;
                for (i, wx) in across.iter().enumerate() {
                    let col = (left + i as i64).clamp(0, width as i64 - 1) as usize;
                    sum += wy * wx * x[((image * height + row) * width + col) * chans + c];
                }
            }
            y[((image * new_height as usize + v as usize) * new_width as usize + u as usize) * chans + c] = sum;
        }
    }
    Ok(())
}

/// Keys' cubic with a = −¾, as deep-learning libraries have it: weights of the cells at −1, 0, 1 and 2 for a place at t.
fn keys(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let inner = |d: f32| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
    let outer = |d: f32| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
    [outer(t + 1.0), inner(t), inner(1.0 - t), outer(2.0 - t)]
}

fn case(rng: &mut Rng) -> Case {
    let on = Grid { height: rng.size(1, 12), width: rng.size(1, 12) };
    let to = Grid { height: rng.size(1, 20), width: rng.size(1, 20) };
    let how = Resize { cubic: rng.coin(), corners: rng.coin(), step: rng.coin().then_some([0.63, 1.21]) };
    let (images, chans) = (rng.size(1, 2), rng.size(1, 20));
    let mut case = Case::new(format!("{images}×{on:?}×{chans} to {to:?} {how:?}"));
    let x = case.numbers(rng, images * on.rows() * chans);
    let y = case.rec.resize(x, on, to, chans, how);
    case.output(y)
}
