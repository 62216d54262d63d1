//! Two passes over a row that the first leaves in cache; rows are shared out between threads.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Numbers that are worth handing out.
pub const GRAIN: usize = 8192;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let (rows, cols, eps) = (params[0] as usize, params[1] as usize, params[2]);
    let [x, w, y] = views.split()?;
    let (x, w, y) = (x.f32()?, w.f32()?, Parts::new(y.f32_mut()?));
    let isa = machine.isa;
    machine.pool.split(rows, (GRAIN / cols.max(1)).max(1), |range| {
        for r in range {
            // SAFETY: every row is in one range.
            let y = unsafe { y.slice(r * cols..(r + 1) * cols) };
            isa.run(Row { x: &x[r * cols..][..cols], w: &w[..cols], y, eps: f32::from_bits(eps) });
        }
    });
    Ok(())
}

pub struct Row<'a> {
    pub x: &'a [f32],
    pub w: &'a [f32],
    pub y: &'a mut [f32],
    pub eps: f32,
}

impl Body for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let n = self.x.len();
        let whole = n / LANES * LANES;
        let mut acc = L::splat(0.0);
        for i in (0..whole).step_by(LANES) {
            let v = L::load(&self.x[i..]);
            acc = L::mul_add(v, v, acc);
        }
        let tail: f32 = self.x[whole..].iter().map(|v| v * v).sum();
        let scale = 1.0 / ((L::sum(acc) + tail) / n as f32 + self.eps).sqrt();
        let lanes = L::splat(scale);
        for i in (0..whole).step_by(LANES) {
            L::store(L::mul(L::mul(L::load(&self.x[i..]), lanes), L::load(&self.w[i..])), &mut self.y[i..]);
        }
        for i in whole..n {
            self.y[i] = self.x[i] * scale * self.w[i];
        }
    }
}
