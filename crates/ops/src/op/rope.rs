//! Rotary positions: pair i of a head's first `rotated` numbers is turned by pos · table[i]. Pairs lie half a rotation
//! apart (i, i + rotated / 2) or side by side (2i, 2i + 1). Positions come one per row, so that kept rows keep theirs;
//! frequencies come as a table, so that stretched and scaled positions are the caller's numbers. What is turned is `gain`
//! times as long afterwards: models whose positions are stretched make up with that for attention that spreads.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, float, fold, ids, int, numbers, read, write};
use crate::{Buf, Error, Kind, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "rope",
    slots: &[read("x"), ids("pos"), read("table"), write("y")],
    fields: &[int("rows"), int("heads"), int("head"), int("rotated"), int("side_by_side"), float("gain")],
    shape: |p| {
        let [rows, heads, head, rotated, side_by_side, _] = SPEC.words(p)?;
        if rotated > head || rotated % 2 != 0 || side_by_side > 1 {
            return Err(Error::bug(format!("rope: {rotated} of {head} numbers, side by side {side_by_side}")));
        }
        let all = numbers(&[rows, heads, head])?;
        Ok(vec![all, numbers(&[rows])?, rotated as usize / 2, all])
    },
    flops: |p| 3 * p[0] as u64 * p[1] as u64 * p[3] as u64,
    twin,
    tolerance: Tolerance {
        limit: 2e-6,
        because: "sines from a polynomial good to 1e-7, and two products fused or not",
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
    /// What turned numbers are multiplied with, in queries and keys alike; 1 in most.
    pub gain: f32,
}

impl Rope {
    /// The table of the plain method: base^(−2i / rotated).
    pub fn table(&self, base: f32) -> Vec<f32> {
        let frequency = |i: usize| (base as f64).powf(-2.0 * i as f64 / self.rotated as f64) as f32;
        (0..self.rotated / 2).map(frequency).collect()
    }

    /// One that heads of this size can have.
    pub(super) fn any(rng: &mut Rng, head: usize) -> Rope {
        let rotated = if rng.coin() { head } else { 2 * rng.size(1, head / 2) };
        Rope { rotated, side_by_side: rng.coin(), gain: *rng.pick(&[1.0, 1.0, 0.8, 1.19]) }
    }
}

impl Recording {
    /// x: [rows, heads, head], pos: [rows], table: [rotated / 2] in radians a position → the shape of x
    pub fn rope(&mut self, x: Buf, pos: Buf, table: Buf, head: usize, how: Rope) -> Buf {
        let (len, rows) = (self.def(x).len, self.def(pos).len);
        let y = self.temp(len);
        let ints = [rows, len / (rows * head), head, how.rotated, how.side_by_side as usize];
        let words = [&ints.map(|n| (n as u32).into())[..], &[how.gain.into()]].concat();
        self.step(&SPEC, &words, &[x, pos, table, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, heads, head, rotated, side_by_side, gain] = SPEC.words(params)?;
    let gain = f32::from_bits(gain);
    let [x, pos, table, y] = views.split()?;
    let (x, pos, table, y) = (x.f32()?, pos.u32()?, table.f32()?, y.f32_mut()?);
    let (head, rotated) = (head as usize, rotated as usize);
    for row in 0..(rows * heads) as usize {
        let (x, y) = (&x[row * head..][..head], &mut y[row * head..][..head]);
        y.copy_from_slice(x);
        for i in 0..rotated / 2 {
            // In f32 an angle of thousands of radians would have lost its fourth digit after the point.
            let (sin, cos) = (pos[row / heads as usize] as f64 * table[i] as f64).sin_cos();
            let (sin, cos) = (sin as f32 * gain, cos as f32 * gain);
            let (a, b) = if side_by_side == 1 { (2 * i, 2 * i + 1) } else { (i, i + rotated / 2) };
            y[a] = x[a] * cos - x[b] * sin;
            y[b] = x[a] * sin + x[b] * cos;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, heads, head) = (rng.size(1, 12), rng.size(1, 9), 2 * rng.size(1, 40));
    let how = Rope::any(rng, head);
    let base = *rng.pick(&[100.0, 10_000.0, 1_000_000.0]);
    let far = *rng.pick(&[2048, 1_000_000]);
    let mut case = Case::new(format!("{rows}×{heads}×{head} {how:?} base {base}, positions below {far}"));
    let x = case.numbers(rng, rows * heads * head);
    let pos = case.ids(rng, rows, far);
    let table = case.stored(Kind::F32, &how.table(base));
    let y = case.rec.rope(x, pos, table, head, how);
    case.output(y)
}
