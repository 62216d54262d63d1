//! y = (x − mean(x)) / √(var(x) + eps) · w + b, row by row; the variance is that of the whole row.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "layer_norm",
    slots: &[read("x"), read("w"), read("b"), write("y")],
    fields: &[int("rows"), int("cols"), float("eps")],
    shape: |p| {
        let [rows, cols, _] = SPEC.words(p)?;
        let (all, row) = (numbers(&[rows, cols])?, numbers(&[cols])?);
        Ok(vec![all, row, row, all])
    },
    flops: |p| 7 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "the order of two sums, and the GPU's inverse square root" },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

impl Recording {
    /// x: [rows, cols], w: [cols], b: [cols] → [rows, cols]
    pub fn layer_norm(&mut self, x: Buf, w: Buf, b: Buf, eps: f32) -> Buf {
        let (len, cols) = (self.def(x).len, self.def(w).len);
        let y = self.temp(len);
        self.step(&SPEC, &[((len / cols) as u32).into(), (cols as u32).into(), eps.into()], &[x, w, b, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, eps] = SPEC.words(params)?;
    let [x, w, b, y] = views.split()?;
    let (x, w, b, y) = (x.f32()?, w.f32()?, b.f32()?, y.f32_mut()?);
    let cols = cols as usize;
    for row in 0..rows as usize {
        let (x, y) = (&x[row * cols..][..cols], &mut y[row * cols..][..cols]);
        let mean = x.iter().sum::<f32>() / cols as f32;
        let variance = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / cols as f32;
        let scale = 1.0 / (variance + f32::from_bits(eps)).sqrt();
        for c in 0..cols {
            y[c] = (x[c] - mean) * scale * w[c] + b[c];
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    // From two columns on: the variance of one number is zero, and the result is then all rounding.
    let (rows, cols) = (rng.size(1, 40), rng.size(2, 700));
    let mut case = Case::new(format!("{rows}×{cols}"));
    let (x, w, b) = (case.numbers(rng, rows * cols), case.numbers(rng, cols), case.numbers(rng, cols));
    let y = case.rec.layer_norm(x, w, b, 1e-5);
    case.output(y)
}
