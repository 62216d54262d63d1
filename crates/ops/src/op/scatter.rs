//! y[ids[r]] = x[r], or += x[r], one r after the other: where several rows have one place, the last one stays, or their
//! sum is taken in order. Rows of y that nobody names stay; ids beyond them are dropped.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, ids, int, numbers, read, update};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "scatter",
    slots: &[read("x"), ids("ids"), update("y").part(&[0, 1])],
    fields: &[int("rows"), int("cols"), int("places"), int("adds")],
    shape: |p| {
        let [rows, cols, places, _] = SPEC.words(p)?;
        Ok(vec![numbers(&[rows, cols])?, numbers(&[rows])?, numbers(&[places, cols])?])
    },
    flops: |p| p[3] as u64 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "sums in the same order" },
    // One workgroup a place, which looks for its rows: no two write the same number.
    gpu: Gpu::Shader { grid: |p| fold(p[2]) },
    case,
};

impl Recording {
    /// x: [rows, cols], ids: [rows] into y: [places, cols]
    pub fn scatter(&mut self, x: Buf, ids: Buf, y: Buf, adds: bool) {
        let rows = self.def(ids).len;
        let cols = self.def(x).len / rows.max(1);
        let words = [rows, cols, self.def(y).len / cols.max(1), adds as usize].map(|n| (n as u32).into());
        self.step(&SPEC, &words, &[x, ids, y]);
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, places, adds] = SPEC.words(params)?.map(|v| v as usize);
    let [x, ids, y] = views.split()?;
    let (x, ids, y) = (x.f32()?, ids.u32()?, y.f32_mut()?);
    for r in 0..rows {
        let place = ids[r] as usize;
        for c in 0..if place < places { cols } else { 0 } {
            let old = if adds == 1 { y[place * cols + c] } else { 0.0 };
            y[place * cols + c] = old + x[r * cols + c];
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols, places, adds) = (rng.size(1, 150), rng.size(1, 90), rng.size(1, 40), rng.coin());
    let mut case = Case::new(format!("{rows}×{cols} into {places}, adds {adds}"));
    let x = case.numbers(rng, rows * cols);
    // One place more than there are: some rows are dropped.
    let ids = case.ids(rng, rows, places + 1);
    let y = case.numbers(rng, places * cols);
    case.rec.scatter(x, ids, y, adds);
    case.output(y)
}
