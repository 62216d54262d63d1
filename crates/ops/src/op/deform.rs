//! y[r, h] = Σ_p softmax_p(scores[r, h, p]) · v at ref[r] + offsets[r, h, p] / (width, height): each row looks at a few
//! places of a grid that it names itself, between cells (deformable attention, <https://arxiv.org/abs/2010.04159>). Places
//! are shares of the grid, (across, down); beyond its edge lie zeros.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write};
use crate::{Buf, Error, Grid, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "deform",
    slots: &[read("v"), read("refs"), read("offsets"), read("scores"), write("y")],
    fields: &[int("rows"), int("heads"), int("head"), int("points"), int("height"), int("width")],
    shape: |p| {
        let [rows, heads, head, points, height, width] = SPEC.words(p)?;
        if points == 0 || height == 0 || width == 0 {
            return Err(Error::bug(format!("deform: {points} places on {height}×{width} cells")));
        }
        let scores = numbers(&[rows, heads, points])?;
        let [v, y] = [[height, width, heads, head], [1, rows, heads, head]].map(|d| numbers(&d));
        Ok(vec![v?, numbers(&[rows, 2])?, numbers(&[rows, heads, points, 2])?, scores, y?])
    },
    // Four cells a place, weighed and summed.
    flops: |p| 10 * [p[0], p[1], p[2], p[3]].map(u64::from).iter().product::<u64>(),
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "a place among dozens of cells has five digits after the point" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1] * p[2]).div_ceil(64)) },
    case,
};

/// Where rows look.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// [rows, 2]: from there on, as shares of the grid.
    pub refs: Buf,
    /// [rows, heads, points, 2]: how many cells further.
    pub offsets: Buf,
    /// [rows, heads, points]
    pub scores: Buf,
}

impl Recording {
    /// v: [grid, heads, head] → [rows, heads, head]
    pub fn deform(&mut self, v: Buf, at: Places, on: Grid, [heads, head]: [usize; 2]) -> Buf {
        let rows = self.def(at.refs).len / 2;
        let points = self.def(at.scores).len / (rows * heads).max(1);
        let y = self.temp(rows * heads * head);
        let sizes = [rows, heads, head, points, on.height, on.width];
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[v, at.refs, at.offsets, at.scores, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, heads, head, points, height, width] = SPEC.words(params)?.map(|v| v as usize);
    let [v, refs, offsets, scores, y] = views.split()?;
    let (v, refs, offsets, scores, y) = (v.f32()?, refs.f32()?, offsets.f32()?, scores.f32()?, y.f32_mut()?);
    for (r, h) in (0..rows * heads).map(|i| (i / heads, i % heads)) {
        let (at, sizes) = ((r * heads + h) * points, [width as f32, height as f32]);
        let scores = &scores[at..at + points];
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = scores.iter().map(|s| (s - most).exp()).sum();
        let y = &mut y[(r * heads + h) * head..][..head];
        y.fill(0.0);
        for p in 0..points {
            // Cell c has its middle at c + ½.
            let place = |axis: usize| refs[2 * r + axis] * sizes[axis] + offsets[2 * (at + p) + axis] - 0.5;
            let (col, row) = (place(0), place(1));
            for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (i, j) = (row.floor() + dy as f32, col.floor() + dx as f32);
                let near = (1.0 - (row - i).abs()) * (1.0 - (col - j).abs());
                let inside = i >= 0.0 && j >= 0.0 && i < height as f32 && j < width as f32;
                for c in 0..if inside { head } else { 0 } {
                    let cell = i as usize * width + j as usize;
                    y[c] += (scores[p] - most).exp() / sum * near * v[(cell * heads + h) * head + c];
                }
            }
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let on = Grid { height: rng.size(1, 12), width: rng.size(1, 12) };
    let (rows, heads, head, points) = (rng.size(1, 30), rng.size(1, 6), rng.size(1, 40), rng.size(1, 6));
    let mut case = Case::new(format!("{rows} rows, {heads}×{head} on {on:?}, {points} places"));
    let v = case.numbers(rng, on.rows() * heads * head);
    let refs = case.numbers(rng, rows * 2);
    // Some are beyond the edge, some far beyond.
    let offsets = case.spread(rng, rows * heads * points * 2, 9.0);
    let scores = case.spread(rng, rows * heads * points, 3.0);
    let y = case.rec.deform(v, Places { refs, offsets, scores }, on, [heads, head]);
    case.output(y)
}
