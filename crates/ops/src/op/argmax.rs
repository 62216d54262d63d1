//! y[r] = the place of the largest x[r, c]; of equals the first.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write_ids};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "argmax",
    slots: &[read("x"), write_ids("y")],
    fields: &[int("rows"), int("cols")],
    shape: |p| {
        let [rows, cols] = SPEC.words(p)?;
        Ok(vec![numbers(&[rows, cols])?, numbers(&[rows])?])
    },
    flops: |p| p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "comparisons do not round" },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

impl Recording {
    /// x: [rows, cols] → ids: [rows]
    pub fn argmax(&mut self, x: Buf, cols: usize) -> Buf {
        let rows = self.def(x).len / cols;
        let y = self.buffer("argmax", Role::Temp, Kind::U32, rows);
        self.step(&SPEC, &[rows, cols].map(|n| (n as u32).into()), &[x, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols] = SPEC.words(params)?.map(|v| v as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, y.u32_mut()?);
    for r in 0..rows {
        let x = &x[r * cols..][..cols];
        let mut best = 0;
        for c in 1..cols {
            if x[c] > x[best] {
                best = c;
            }
        }
        y[r] = best as u32;
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 9), rng.size(1, 700));
    let mut case = Case::new(format!("{rows}×{cols}"));
    // A handful of values only, so that the largest comes more than once.
    let levels = rng.size(2, 50);
    let x = case.levels(rng, rows * cols, levels);
    let y = case.rec.argmax(x, cols);
    case.output(y)
}
