//! What is done to a product's numbers while they are in the nearest cache: a bias, an activation, a sum with other rows.

use crate::kernel::{Curve, Visit, visit};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::op::Function;

/// Each is left out where there is none.
#[derive(Clone, Copy, Default)]
pub struct Then<'a> {
    pub bias: Option<&'a [f32]>, // [outs]
    pub function: Option<&'static Function>,
    pub sum: Option<&'a [f32]>, // [rows, outs]
}

impl Then<'_> {
    pub fn nothing(&self) -> bool {
        self.bias.is_none() && self.function.is_none() && self.sum.is_none()
    }

    /// A row's outputs of one panel, from `o` on, with bias and sum; whoever asks has no function.
    #[inline(always)]
    pub fn put<L: Lanes>(&self, mut v: L::V, y: &Parts, outs: usize, row: usize, o: usize) {
        let (n, at) = (LANES.min(outs - o), row * outs + o);
        if let Some(bias) = self.bias {
            v = L::add(v, super::some::<L>(&bias[o..o + n]));
        }
        if let Some(more) = self.sum {
            v = L::add(v, super::some::<L>(&more[at..at + n]));
        }
        // SAFETY: a panel's outputs belong to one thread.
        super::put::<L>(v, unsafe { y.slice(at..at + n) });
    }
}

/// Some outputs of every row.
pub struct Finish<'a> {
    pub from: &'a [f32], // [rows, step]
    pub step: usize,
    pub y: &'a Parts<'a>, // [rows, outs]
    pub rows: usize,
    pub outs: usize,
    /// The first output, and how many: no more than `step`, which is whole vectors.
    pub o: usize,
    pub width: usize,
    pub then: Then<'a>,
}

impl Body for Finish<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.then.function {
            Some(f) => visit::<L>(f, self),
            None => Visit::<L>::lanes::<Same>(self),
        }
    }
}

/// No activation.
struct Same;

impl<L: Lanes> Curve<L> for Same {
    #[inline(always)]
    fn new() -> Self {
        Same
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        x
    }
}

impl<L: Lanes> Visit<L> for Finish<'_> {
    #[inline(always)]
    fn lanes<F: Curve<L>>(self) {
        let f = F::new();
        // Column by column of vectors: the bias is loaded once, and what is asked is asked once.
        for c in (0..self.width).step_by(LANES) {
            let (n, o) = (LANES.min(self.width - c), self.o + c);
            let bias = self.then.bias.map_or(L::splat(0.0), |b| super::some::<L>(&b[o..o + n]));
            let from = self.from[c..].chunks(self.step).take(self.rows);
            match self.then.sum {
                Some(sum) => {
                    for (r, from) in from.enumerate() {
                        let at = r * self.outs + o;
                        let v = f.at(L::add(L::load(from), bias));
                        // SAFETY: a panel's outputs belong to one thread.
                        super::put::<L>(L::add(v, super::some::<L>(&sum[at..at + n])), unsafe {
                            self.y.slice(at..at + n)
                        });
                    }
                }
                None => {
                    for (r, from) in from.enumerate() {
                        let at = r * self.outs + o;
                        // SAFETY: as above.
                        super::put::<L>(f.at(L::add(L::load(from), bias)), unsafe { self.y.slice(at..at + n) });
                    }
                }
            }
        }
    }
    #[inline(always)]
    fn numbers(self, f: fn(f32) -> f32) {
        for r in 0..self.rows {
            let at = r * self.outs + self.o;
            // SAFETY: as above.
            let y = unsafe { self.y.slice(at..at + self.width) };
            for (c, y) in y.iter_mut().enumerate() {
                let v = self.from[r * self.step + c] + self.then.bias.map_or(0.0, |b| b[self.o + c]);
                *y = f(v) + self.then.sum.map_or(0.0, |s| s[at + c]);
            }
        }
    }
}
