//! sum = a + b, y = sum / √(mean(sum²) + eps) · w, row by row: a residual and the norm that reads it, in one step. The
//! sum goes on to the next residual, so both come out.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "add_norm",
    slots: &[read("a"), read("b"), read("w"), write("sum"), write("y")],
    fields: &[int("rows"), int("cols"), float("eps")],
    shape: |p| {
        let [rows, cols, _] = SPEC.words(p)?;
        let all = numbers(&[rows, cols])?;
        Ok(vec![all, all, numbers(&[cols])?, all, all])
    },
    flops: |p| 5 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 1e-5, because: "the sum's order and the GPU's inverse square root" },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

impl Recording {
    /// If the last step was the addition of two buffers of one length that made `sum`, makes it and the norm of `sum`
    /// one step. Called by `rms_norm`, so that a layer is written as the sums and norms it is: the addition often ends
    /// one block and the norm begins the next, and neither knows of the other.
    pub(crate) fn add_norm(&mut self, sum: Buf, w: Buf, eps: f32) -> Option<Buf> {
        let (len, cols) = (self.def(sum).len, self.def(w).len);
        // A bias has another period and stays what it is; so does a sum over a part of a buffer.
        let whole = Word::from(len as u32);
        let fits = |s: &crate::Step| s.op.stem == "add" && s.words == [whole; 2] && s.bufs[2] == sum;
        let step = self.steps.pop_if(|s| fits(s))?;
        let y = self.temp(len);
        let words = [((len / cols) as u32).into(), (cols as u32).into(), eps.into()];
        self.step(&SPEC, &words, &[step.bufs[0], step.bufs[1], w, sum, y]);
        Some(y)
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, eps] = SPEC.words(params)?;
    let [a, b, w, sum, y] = views.split()?;
    let (a, b, w, sum, y) = (a.f32()?, b.f32()?, w.f32()?, sum.f32_mut()?, y.f32_mut()?);
    let cols = cols as usize;
    for row in 0..rows as usize {
        let at = row * cols..(row + 1) * cols;
        let (a, b, sum, y) = (&a[at.clone()], &b[at.clone()], &mut sum[at.clone()], &mut y[at]);
        for c in 0..cols {
            sum[c] = a[c] + b[c];
        }
        let mean = sum.iter().map(|v| v * v).sum::<f32>() / cols as f32;
        let scale = 1.0 / (mean + f32::from_bits(eps)).sqrt();
        for c in 0..cols {
            y[c] = sum[c] * scale * w[c];
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 80), rng.size(1, 700));
    let mut case = Case::new(format!("{rows}×{cols}"));
    let (a, b) = (case.numbers(rng, rows * cols), case.numbers(rng, rows * cols));
    let w = case.numbers(rng, cols);
    let sum = case.rec.add(a, b);
    let y = case.rec.rms_norm(sum, w, 1e-5);
    case.output(sum).output(y)
}
