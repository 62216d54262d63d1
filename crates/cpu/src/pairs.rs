//! Two rows number by number, row by row of the second one's period, so that nothing is divided; rows are shared out
//! between threads.

use crate::kernel::Machine;
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};
use std::marker::PhantomData;

/// Pairs that are worth handing out.
const GRAIN: usize = 16_384;

/// What becomes of two numbers.
pub trait Pair {
    fn lanes<L: Lanes>(a: L::V, b: L::V) -> L::V;
    fn one(a: f32, b: f32) -> f32;
}

pub fn run<P: Pair>(machine: &Machine, params: &[u32], views: &mut [View]) -> Result<(), Error> {
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
            isa.run(Pairs::<P>::new(&a[at..at + n], &b[from..from + n], unsafe { y.slice(at..at + n) }));
            at += n;
        }
    });
    Ok(())
}

/// Rows of one length.
pub struct Pairs<'a, P> {
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    what: PhantomData<P>,
}

impl<'a, P> Pairs<'a, P> {
    pub fn new(a: &'a [f32], b: &'a [f32], y: &'a mut [f32]) -> Self {
        Pairs { a, b, y, what: PhantomData }
    }
}

impl<P: Pair> Body for Pairs<'_, P> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.y.len() / LANES * LANES;
        for i in (0..whole).step_by(LANES) {
            L::store(P::lanes::<L>(L::load(&self.a[i..]), L::load(&self.b[i..])), &mut self.y[i..]);
        }
        for i in whole..self.y.len() {
            self.y[i] = P::one(self.a[i], self.b[i]);
        }
    }
}
