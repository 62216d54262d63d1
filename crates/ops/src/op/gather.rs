//! y[r] = x[ids[r]]: rows picked by number, of what a run has made (`embed` does it with weights). An id beyond the rows
//! gives zeros on every backend.

use crate::case::{Case, Rng};
use crate::spec::{Access, Gpu, Tolerance, WORDS, fold, ids, int, numbers, slot, weight};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "gather",
    slots: &[weight("x", WORDS).part(&[0, 1]), ids("ids"), slot("y", Access::Write, WORDS)],
    fields: &[int("rows"), int("cols"), int("there")],
    shape: |p| {
        let [rows, cols, there] = SPEC.words(p)?;
        Ok(vec![numbers(&[there, cols])?, numbers(&[rows])?, numbers(&[rows, cols])?])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "nothing is computed" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1]).div_ceil(64)) },
    case,
};

impl Recording {
    /// x: [there, cols] of numbers or ids, ids: [rows] → [rows, cols]
    pub fn gather(&mut self, x: Buf, ids: Buf, cols: usize) -> Buf {
        let (rows, there, kind) = (self.def(ids).len, self.def(x).len / cols, self.def(x).kind);
        let y = self.buffer("gather", Role::Temp, kind, rows * cols);
        self.step(&SPEC, &[rows, cols, there].map(|n| (n as u32).into()), &[x, ids, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, there] = SPEC.words(params)?.map(|v| v as usize);
    let [x, ids, y] = views.split()?;
    let (x, ids, y) = (x.bits()?, ids.u32()?, y.bits_mut()?);
    for r in 0..rows {
        let (id, y) = (ids[r] as usize, &mut y[r * cols..][..cols]);
        if id < there {
            y.copy_from_slice(&x[id * cols..][..cols]);
        } else {
            y.fill(0);
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols, there) = (rng.size(1, 20), rng.size(1, 90), rng.size(1, 40));
    let kind = *rng.pick(WORDS);
    let mut case = Case::new(format!("{rows} of {there}×{cols} {kind:?}"));
    let len = there * cols;
    let x = if kind == Kind::U32 { case.ids(rng, len, 1000) } else { case.numbers(rng, len) };
    // One id more than there are, so that the last one sometimes falls outside.
    let ids = case.ids(rng, rows, there + 1);
    let y = case.rec.gather(x, ids, cols);
    case.output(y)
}
