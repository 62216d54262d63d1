//! y[i] = a[i] · b[i mod period]: gates (period = len) and factors of each column (period = columns).

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "mul",
    slots: &[read("a"), read("b"), write("y")],
    fields: &[int("len"), int("period")],
    shape: |p| {
        let [len, period] = SPEC.words(p)?;
        if period == 0 {
            return Err(Error::bug("mul: a period of zero"));
        }
        let len = numbers(&[len])?;
        Ok(vec![len, numbers(&[period])?, len])
    },
    flops: |p| p[0] as u64,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "one rounding, the same everywhere" },
    gpu: Gpu::Shader { grid: |p| fold(p[0].div_ceil(64)) },
    case,
};

impl Recording {
    /// a: [len], b: [period] → [len]
    pub fn mul(&mut self, a: Buf, b: Buf) -> Buf {
        let (len, period) = (self.def(a).len, self.def(b).len);
        let y = self.temp(len);
        self.step(&SPEC, &[(len as u32).into(), (period as u32).into()], &[a, b, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [len, period] = SPEC.words(params)?;
    let [a, b, y] = views.split()?;
    let (a, b, y) = (a.f32()?, b.f32()?, y.f32_mut()?);
    for i in 0..len as usize {
        y[i] = a[i] * b[i % period as usize];
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 9), rng.size(1, 300));
    let period = if rng.coin() { cols } else { rows * cols };
    let mut case = Case::new(format!("{rows}×{cols} period {period}"));
    let (a, b) = (case.numbers(rng, rows * cols), case.numbers(rng, period));
    let y = case.rec.mul(a, b);
    case.output(y)
}
