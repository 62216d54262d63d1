//! y[i] = x[i] in the other of two formats: f32 into f16, or f16 into f32.

use crate::case::{Case, Rng};
use crate::spec::{Access, Gpu, Tolerance, fold, int, numbers, slot};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "cast",
    slots: &[slot("x", Access::Read, &[Kind::F32, Kind::F16]), slot("y", Access::Write, &[Kind::F16, Kind::F32])],
    fields: &[int("len")],
    shape: |p| {
        let [len] = SPEC.words(p)?;
        Ok(vec![numbers(&[len])?; 2])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 1e-3, because: "GPUs may round to f16 either way" },
    // One invocation a pair: two numbers of 16 bits share a word.
    gpu: Gpu::Shader { grid: |p| fold(p[0].div_ceil(128)) },
    case,
};

impl Recording {
    /// x: any, f32 or f16 → the same numbers in the other format
    pub fn cast(&mut self, x: Buf) -> Buf {
        let (len, kind) = (self.def(x).len, self.def(x).kind);
        let y = self.buffer("cast", Role::Temp, if kind == Kind::F16 { Kind::F32 } else { Kind::F16 }, len);
        self.step(&SPEC, &[(len as u32).into()], &[x, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [len] = SPEC.words(params)?;
    let [x, y] = views.split()?;
    y.put_row(0, &x.row(0, len as usize)?)
}

fn case(rng: &mut Rng) -> Case {
    let (len, kind) = (rng.size(1, 700), *rng.pick(SPEC.slots[0].kinds));
    let mut case = Case::new(format!("{len} of {kind:?}"));
    let x = case.weights(rng, kind, len);
    let y = case.rec.cast(x);
    case.output(y)
}
