//! Rotary positions: pairs of a head's first `rotated` numbers are turned by pos · base^(−2i / rotated). Pairs lie half
//! a rotation apart (i, i + rotated / 2) or side by side (2i, 2i + 1). Positions come one per row, so that kept rows
//! keep theirs.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, ids, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "rope",
    slots: &[read("x"), ids("pos"), write("y")],
    fields: &[int("rows"), int("heads"), int("head"), int("rotated"), int("side_by_side"), float("base")],
    shape: |p| {
        let [rows, heads, head, rotated, side_by_side, _] = SPEC.words(p)?;
        if rotated > head || rotated % 2 != 0 || side_by_side > 1 {
            return Err(Error::bug(format!("rope: {rotated} of {head} numbers, side by side {side_by_side}")));
        }
        let all = numbers(&[rows, heads, head])?;
        Ok(vec![all, numbers(&[rows])?, all])
    },
    flops: |p| 3 * p[0] as u64 * p[1] as u64 * p[3] as u64,
    twin,
    tolerance: Tolerance {
        limit: 2e-3,
        because: "f32 angles of thousands of radians, and GPU sines, are good to 1e-3",
    },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1] * p[2]).div_ceil(64)) },
    case,
};

/// How a model turns its heads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rope {
    /// Numbers of a head that are turned, from its start.
    pub rotated: usize,
    pub side_by_side: bool,
    pub base: f32,
}

impl Recording {
    /// x: [rows, heads, head], pos: [rows] → the same
    pub fn rope(&mut self, x: Buf, pos: Buf, head: usize, how: Rope) -> Buf {
        let (len, rows) = (self.def(x).len, self.def(pos).len);
        let y = self.temp(len);
        let ints = [rows, len / (rows * head), head, how.rotated, how.side_by_side as usize];
        let mut words = ints.map(|n| (n as u32).into()).to_vec();
        words.push(how.base.into());
        self.step(&SPEC, &words, &[x, pos, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, heads, head, rotated, side_by_side, base] = SPEC.words(params)?;
    let [x, pos, y] = views.split()?;
    let (x, pos, y) = (x.f32()?, pos.u32()?, y.f32_mut()?);
    let (head, rotated) = (head as usize, rotated as usize);
    for row in 0..(rows * heads) as usize {
        let (x, y) = (&x[row * head..][..head], &mut y[row * head..][..head]);
        y.copy_from_slice(x);
        for i in 0..rotated / 2 {
            let frequency = f32::from_bits(base).powf(-2.0 * i as f32 / rotated as f32);
            let (sin, cos) = (pos[row / heads as usize] as f32 * frequency).sin_cos();
            let (a, b) = if side_by_side == 1 { (2 * i, 2 * i + 1) } else { (i, i + rotated / 2) };
            y[a] = x[a] * cos - x[b] * sin;
            y[b] = x[a] * sin + x[b] * cos;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, heads, head) = (rng.size(1, 12), rng.size(1, 9), 2 * rng.size(1, 40));
    let how = Rope {
        rotated: if rng.coin() { head } else { 2 * rng.size(1, head / 2) },
        side_by_side: rng.coin(),
        base: *rng.pick(&[10_000.0, 100_000.0]),
    };
    let mut case = Case::new(format!("{rows}×{heads}×{head} {how:?}"));
    let x = case.numbers(rng, rows * heads * head);
    let pos = case.ids(rng, rows, 2048);
    let y = case.rec.rope(x, pos, head, how);
    case.output(y)
}
