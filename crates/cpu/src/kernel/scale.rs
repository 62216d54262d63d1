//! One product and one sum a number; rows, or pieces of the only one, are shared out between threads.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Numbers that are worth handing out.
const GRAIN: usize = 16_384;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, cols, by_row] = [0, 1, 2].map(|i| params[i] as usize);
    let [by, plus] = [3, 4].map(|i| f32::from_bits(params[i]));
    let [x, factors, y] = views.split()?;
    let (x, factors, y) = (x.f32()?, factors.f32()?, Parts::new(y.f32_mut()?));
    let isa = machine.isa;
    machine.pool.split(rows * cols, machine.grain(GRAIN), |range| {
        let mut at = range.start;
        while at < range.end {
            let r = at / cols;
            let to = ((r + 1) * cols).min(range.end);
            let by = by * if by_row == 1 { factors[r] } else { 1.0 };
            // SAFETY: every number is in one range.
            isa.run(Scaled { x: &x[at..to], y: unsafe { y.slice(at..to) }, by, plus });
            at = to;
        }
    });
    Ok(())
}

struct Scaled<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    by: f32,
    plus: f32,
}

impl Body for Scaled<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.y.len() / LANES * LANES;
        let (by, plus) = (L::splat(self.by), L::splat(self.plus));
        for i in (0..whole).step_by(LANES) {
            L::store(L::mul_add(L::load(&self.x[i..]), by, plus), &mut self.y[i..]);
        }
        for i in whole..self.y.len() {
            self.y[i] = self.x[i] * self.by + self.plus;
        }
    }
}
