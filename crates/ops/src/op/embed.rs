//! y[r] = w[ids[r]]: rows of a table, unpacked. An id beyond the table gives zeros on every backend.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Shards, Tolerance, WEIGHTS, ids, int, numbers, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, forms};

pub const SPEC: OpSpec = OpSpec {
    stem: "embed",
    slots: &[ids("ids"), weight("w", WEIGHTS).part(&[0, 1]), write("y")],
    fields: &[int("rows"), int("cols"), int("vocab")],
    shape: |p| {
        let [rows, cols, vocab] = SPEC.words(p)?;
        Ok(vec![numbers(&[rows])?, numbers(&[vocab, cols])?, numbers(&[rows, cols])?])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 1e-6, because: "scale times code plus minimum, fused or not" },
    gpu: Gpu::Forms { forms: forms::EMBED, shards: Some(Shards { slot: 1, rows: &[2] }) },
    case,
};

impl Recording {
    /// ids: [rows], w: [vocab, cols] → [rows, cols]
    pub fn embed(&mut self, ids: Buf, w: Buf, cols: usize) -> Buf {
        let (rows, vocab) = (self.def(ids).len, self.def(w).len / cols);
        let y = self.temp(rows * cols);
        self.step(&SPEC, &[rows, cols, vocab].map(|n| (n as u32).into()), &[ids, w, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, vocab] = SPEC.words(params)?.map(|v| v as usize);
    let [ids, w, y] = views.split()?;
    let (ids, y) = (ids.u32()?, y.f32_mut()?);
    for r in 0..rows {
        let id = ids[r] as usize;
        let row = if id < vocab { w.row(id * cols, cols)? } else { vec![0.0; cols] };
        y[r * cols..(r + 1) * cols].copy_from_slice(&row);
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, vocab) = (rng.size(1, 9), rng.size(1, 40));
    let kind = *rng.pick(WEIGHTS);
    let cols = rng.size(1, 260).div_ceil(kind.block) * kind.block;
    let mut case = Case::new(format!("{rows} of {vocab}×{cols} {kind:?}"));
    // One id more than there are, so that the last one sometimes falls outside.
    let ids = case.ids(rng, rows, vocab + 1);
    let w = case.matrix(rng, kind, vocab, cols);
    let y = case.rec.embed(ids, w, cols);
    case.output(y)
}
