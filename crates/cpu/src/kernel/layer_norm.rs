//! Three passes over a row that the first leaves in cache; rows are shared out between threads.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Numbers that are worth handing out.
const GRAIN: usize = 4096;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let (rows, cols, eps) = (params[0] as usize, params[1] as usize, params[2]);
    let [x, w, b, y] = views.split()?;
    let (x, w, b, y) = (x.f32()?, w.f32()?, b.f32()?, Parts::new(y.f32_mut()?));
    let isa = machine.isa;
    machine.pool.split(rows, (GRAIN / cols.max(1)).max(1), |range| {
        for r in range {
            // SAFETY: every row is in one range.
            let y = unsafe { y.slice(r * cols..(r + 1) * cols) };
            let x = &x[r * cols..][..cols];
            isa.run(Row { x, w: &w[..cols], b: &b[..cols], y, eps: f32::from_bits(eps) });
        }
    });
    Ok(())
}

struct Row<'a> {
    x: &'a [f32],
    w: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    eps: f32,
}

impl Body for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let n = self.x.len();
        let whole = n / LANES * LANES;
        let mut sum = L::splat(0.0);
        for i in (0..whole).step_by(LANES) {
            sum = L::add(sum, L::load(&self.x[i..]));
        }
        let mean = (L::sum(sum) + self.x[whole..].iter().sum::<f32>()) / n as f32;
        let (middle, mut squares) = (L::splat(mean), L::splat(0.0));
        for i in (0..whole).step_by(LANES) {
            let v = L::sub(L::load(&self.x[i..]), middle);
            squares = L::mul_add(v, v, squares);
        }
        let tail: f32 = self.x[whole..].iter().map(|v| (v - mean) * (v - mean)).sum();
        let scale = 1.0 / ((L::sum(squares) + tail) / n as f32 + self.eps).sqrt();
        let lanes = L::splat(scale);
        for i in (0..whole).step_by(LANES) {
            let v = L::mul(L::sub(L::load(&self.x[i..]), middle), lanes);
            L::store(L::mul_add(v, L::load(&self.w[i..]), L::load(&self.b[i..])), &mut self.y[i..]);
        }
        for i in whole..n {
            self.y[i] = (self.x[i] - mean) * scale * self.w[i] + self.b[i];
        }
    }
}
