//! y[i] = Σ_j softmax_j(scale · q[i] · k[i, j]) · v[i, j]: each row looks at keys of its own, as many for each, with one
//! head of any size. A score that is no number counts as 0.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "cell_attention",
    slots: &[read("q"), read("k"), read("v"), write("y")],
    fields: &[int("rows"), int("keys"), int("cols"), float("scale")],
    shape: |p| {
        let [rows, keys, cols, _] = SPEC.words(p)?;
        if keys == 0 {
            return Err(Error::bug("cell_attention: rows without keys"));
        }
        let (row, side) = (numbers(&[rows, cols])?, numbers(&[rows, keys, cols])?);
        Ok(vec![row, side, side, row])
    },
    flops: |p| 4 * p[0] as u64 * p[1] as u64 * p[2] as u64,
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums in another order, a running maximum, and the GPU's exp" },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

impl Recording {
    /// q: [rows, cols], k and v: [rows, keys, cols] → [rows, cols]
    pub fn cell_attention(&mut self, q: Buf, [k, v]: [Buf; 2], cols: usize) -> Buf {
        let len = self.def(q).len;
        let keys = self.def(k).len / len.max(1);
        let y = self.temp(len);
        let sizes = [len / cols.max(1), keys, cols].map(|n| (n as u32).into());
        let words = [&sizes[..], &[(1.0 / (cols as f32).sqrt()).into()]].concat();
        self.step(&SPEC, &words, &[q, k, v, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, keys, cols, scale] = SPEC.words(params)?.map(|v| v as usize);
    let scale = f32::from_bits(scale as u32);
    let [q, k, v, y] = views.split()?;
    let (q, k, v, y) = (q.f32()?, k.f32()?, v.f32()?, y.f32_mut()?);
    for r in 0..rows {
        let score = |j: usize| {
            let dot: f32 = (0..cols).map(|c| q[r * cols + c] * k[(r * keys + j) * cols + c]).sum();
            if dot.is_nan() { 0.0 } else { scale * dot }
        };
        let scores: Vec<f32> = (0..keys).map(score).collect();
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let weights: Vec<f32> = scores.iter().map(|s| (s - most).exp()).collect();
        let sum: f32 = weights.iter().sum();
        for c in 0..cols {
            let mixed: f32 = (0..keys).map(|j| weights[j] * v[(r * keys + j) * cols + c]).sum();
            y[r * cols + c] = mixed / sum;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, keys, cols) = (rng.size(1, 30), rng.size(1, 70), rng.size(1, 300));
    let mut case = Case::new(format!("{rows} rows of {cols}, {keys} keys each"));
    let q = case.spread(rng, rows * cols, 3.0);
    let [k, v] = [0; 2].map(|_| case.numbers(rng, rows * keys * cols));
    let y = case.rec.cell_attention(q, [k, v], cols);
    case.output(y)
}
