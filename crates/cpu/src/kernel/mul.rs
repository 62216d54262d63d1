//! Products row by row of the period, so that nothing is divided; rows are shared out between threads.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Products that are worth handing out.
const GRAIN: usize = 16_384;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let (len, period) = (params[0] as usize, params[1] as usize);
    let [a, b, y] = views.split()?;
    let (a, b, y) = (a.f32()?, b.f32()?, Parts::new(y.f32_mut()?));
    let isa = machine.isa;
    machine.pool.split(len, machine.grain(GRAIN), |range| {
        let mut at = range.start;
        while at < range.end {
            let from = at % period;
            let n = (period - from).min(range.end - at);
            // SAFETY: every number is in one range.
            isa.run(Product { a: &a[at..at + n], b: &b[from..from + n], y: unsafe { y.slice(at..at + n) } });
            at += n;
        }
    });
    Ok(())
}

struct Product<'a> {
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
}

impl Body for Product<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.y.len() / LANES * LANES;
        for i in (0..whole).step_by(LANES) {
            L::store(L::mul(L::load(&self.a[i..]), L::load(&self.b[i..])), &mut self.y[i..]);
        }
        for i in whole..self.y.len() {
            self.y[i] = self.a[i] * self.b[i];
        }
    }
}
