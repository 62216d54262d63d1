//! y[r, c] = x[r, c] · by · factors[r] + plus: constants of a model, and weights of its rows.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "scale",
    slots: &[read("x"), read("factors"), write("y")],
    fields: &[int("rows"), int("cols"), int("by_row"), float("by"), float("plus")],
    shape: |p| {
        let [rows, cols, by_row, _, _] = SPEC.words(p)?;
        let all = numbers(&[rows, cols])?;
        Ok(vec![all, if by_row == 1 { numbers(&[rows])? } else { 0 }, all])
    },
    flops: |p| (2 + p[2]) as u64 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 1e-6, because: "a product and a sum, fused or not" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1]).div_ceil(64)) },
    case,
};

impl Recording {
    /// x: any → the same, times `by`, plus `plus`
    pub fn scale(&mut self, x: Buf, by: f32, plus: f32) -> Buf {
        let len = self.def(x).len;
        let y = self.temp(len);
        // Without factors the slot still wants a buffer; it is not read.
        self.step(&SPEC, &[1.into(), (len as u32).into(), 0.into(), by.into(), plus.into()], &[x, x, y]);
        y
    }

    /// x: [rows, cols], factors: [rows] → each row times its factor
    pub fn scale_rows(&mut self, x: Buf, factors: Buf) -> Buf {
        let (len, rows) = (self.def(x).len, self.def(factors).len);
        let y = self.temp(len);
        let words = [(rows as u32).into(), ((len / rows.max(1)) as u32).into(), 1.into(), 1f32.into(), 0f32.into()];
        self.step(&SPEC, &words, &[x, factors, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, by_row, by, plus] = SPEC.words(params)?;
    let [x, factors, y] = views.split()?;
    let (x, factors, y) = (x.f32()?, factors.f32()?, y.f32_mut()?);
    for r in 0..rows as usize {
        let factor = if by_row == 1 { factors[r] } else { 1.0 };
        for i in r * cols as usize..(r + 1) * cols as usize {
            y[i] = x[i] * (f32::from_bits(by) * factor) + f32::from_bits(plus);
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    // From a few columns on: one product and the number added to it could cancel, and leave only rounding.
    let (rows, cols) = (rng.size(1, 9), rng.size(16, 300));
    let by_row = rng.coin();
    let mut case = Case::new(format!("{rows}×{cols}, by row {by_row}"));
    let x = case.numbers(rng, rows * cols);
    let y = if by_row {
        let factors = case.numbers(rng, rows);
        case.rec.scale_rows(x, factors)
    } else {
        case.rec.scale(x, 3.0 * rng.number(), rng.number())
    };
    case.output(y)
}
