//! y[r, o] = Σ_k x[r, k] · w[o, k]: a linear layer. The weight's format picks the variant, never the model.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Shards, Tolerance, WEIGHTS, int, numbers, read, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, forms};

pub const SPEC: OpSpec = OpSpec {
    stem: "matmul",
    slots: &[read("x"), weight("w", WEIGHTS), write("y")],
    fields: &[int("rows"), int("outs"), int("depth")],
    shape: |p| {
        let [rows, outs, depth] = SPEC.words(p)?;
        Ok(vec![numbers(&[rows, depth])?, numbers(&[outs, depth])?, numbers(&[rows, outs])?])
    },
    flops: |p| 2 * p[0] as u64 * p[1] as u64 * p[2] as u64,
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums of hundreds of products in another order, fused or not" },
    gpu: Gpu::Forms { forms: forms::MATMUL, shards: Some(Shards { slot: 1, rows: &[1] }) },
    case,
};

impl Recording {
    /// x: [rows, depth], w: [outs, depth] → [rows, outs]
    pub fn matmul(&mut self, x: Buf, w: Buf, depth: usize) -> Buf {
        let (rows, outs) = (self.def(x).len / depth, self.def(w).len / depth);
        let y = self.temp(rows * outs);
        self.step(&SPEC, &[rows, outs, depth].map(|n| (n as u32).into()), &[x, w, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, outs, depth] = SPEC.words(params)?.map(|v| v as usize);
    let [x, w, y] = views.split()?;
    let (x, y) = (x.f32()?, y.f32_mut()?);
    for o in 0..outs {
        let w = w.row(o * depth, depth)?;
        for r in 0..rows {
            y[r * outs + o] = (0..depth).map(|k| x[r * depth + k] * w[k]).sum();
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, outs, depth) = (rng.size(1, 60), rng.size(1, 140), rng.size(1, 260));
    let kind = *rng.pick(WEIGHTS);
    // A row is a whole number of blocks.
    let depth = depth.div_ceil(kind.block) * kind.block;
    let mut case = Case::new(format!("{rows}×{outs}×{depth} {kind:?}"));
    // A product of two numbers in [-1, 1) has variance 1/9.
    case.typical = (depth as f32).sqrt() / 3.0;
    let x = case.numbers(rng, rows * depth);
    let w = case.matrix(rng, kind, outs, depth);
    let y = case.rec.matmul(x, w, depth);
    case.output(y)
}
