//! y = x / √(mean(x²) + eps) · w, row by row.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "rms_norm",
    slots: &[read("x"), read("w"), write("y")],
    fields: &[int("rows"), int("cols"), float("eps")],
    shape: |p| {
        let [rows, cols, _] = SPEC.words(p)?;
        let all = numbers(&[rows, cols])?;
        Ok(vec![all, numbers(&[cols])?, all])
    },
    flops: |p| 4 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 1e-5, because: "the sum's order and the GPU's inverse square root" },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

impl Recording {
    /// x: [rows, cols], w: [cols] → [rows, cols]. Right after the addition that made x, both are one step (`add_norm`).
    pub fn rms_norm(&mut self, x: Buf, w: Buf, eps: f32) -> Buf {
        if let Some(y) = self.add_norm(x, w, eps) {
            return y;
        }
        let (len, cols) = (self.def(x).len, self.def(w).len);
        let y = self.temp(len);
        self.step(&SPEC, &[((len / cols) as u32).into(), (cols as u32).into(), eps.into()], &[x, w, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, eps] = SPEC.words(params)?;
    let [x, w, y] = views.split()?;
    let (x, w, y) = (x.f32()?, w.f32()?, y.f32_mut()?);
    let cols = cols as usize;
    for row in 0..rows as usize {
        let (x, y) = (&x[row * cols..][..cols], &mut y[row * cols..][..cols]);
        let mean = x.iter().map(|v| v * v).sum::<f32>() / cols as f32;
        let scale = 1.0 / (mean + f32::from_bits(eps)).sqrt();
        for c in 0..cols {
            y[c] = x[c] * scale * w[c];
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 80), rng.size(1, 700));
    let mut case = Case::new(format!("{rows}×{cols}"));
    let (x, w) = (case.numbers(rng, rows * cols), case.numbers(rng, cols));
    let y = case.rec.rms_norm(x, w, 1e-5);
    case.output(y)
}
