//! One row of activations against a panel of codes that lies closer than tiles read it (`panels`): they are unfolded on
//! their way into the products. The sums, and their order, are those of `integer`.

use super::integer::{Integer, Lines};
use crate::lanes::{Body, LANES, Lanes};
use crate::panels::{Close, Fold, VECTOR};
use crate::quantize::BLOCK;
use std::ops::Range;

pub struct Single<'a> {
    /// Of one row; its panel is as it lies.
    pub of: Integer<'a>,
    pub close: &'a Close,
}

impl Body for Single<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let codes = self.of.codes;
        match (codes.bits, codes.run, codes.min) {
            (2, 16, _) => self.row::<L, 2, 16, true>(),
            (2, _, _) => self.row::<L, 2, 32, false>(),
            (3, _, _) => self.row::<L, 3, 16, false>(),
            (4, _, _) => self.row::<L, 4, 32, true>(),
            (5, _, true) => self.row::<L, 5, 32, true>(),
            (5, _, false) => self.row::<L, 5, 32, false>(),
            _ => self.row::<L, 6, 16, false>(),
        }
    }
}

impl Single<'_> {
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn row<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool>(&self) {
        let (x, runs) = (self.of.x, self.close.runs);
        let line = Lines::<RUN, 1>::of(&x.first, 0, self.of.depth);
        let mut sum = L::splat(0.0);
        for (n, block) in self.of.panel.chunks_exact(self.close.bytes).enumerate() {
            self.runs::<L, BITS, RUN, MIN>(block, &line, n * runs, 0..runs, &mut sum);
        }
        let large = x.large(0, self.of.depth);
        if !large.is_empty() {
            let line = Lines::<RUN, 1>::of(&x.second, 0, self.of.depth);
            let mut second = L::splat(0.0);
            for first in large.iter().map(|block| *block as usize * BLOCK / RUN) {
                let block = &self.of.panel[first / runs * self.close.bytes..][..self.close.bytes];
                let these = first % runs..first % runs + BLOCK / RUN;
                // The mins have met the codes of both terms.
                self.runs::<L, BITS, RUN, false>(block, &line, first / runs * runs, these, &mut second);
            }
            sum = L::add(sum, second);
        }
        self.of.then.put::<L>(sum, self.of.y, self.of.outs, 0, self.of.o);
    }

    /// Adds what some runs of a block give, whose first is the row's run `first`.
    #[inline(always)]
    fn runs<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool>(
        &self,
        block: &[u8],
        line: &Lines<RUN, 1>,
        first: usize,
        these: Range<usize>,
        sum: &mut L::V,
    ) {
        let (folds, runs) = const { unit(BITS, RUN) };
        let bytes = folds * Fold::of(BITS).close * VECTOR;
        for start in these.step_by(runs) {
            let s = products::<L, BITS, RUN>(&block[start / runs * bytes..][..bytes], line, first + start);
            for (run, s) in (start..start + runs).zip(s) {
                let (scale, min) = self.close.scales::<L, MIN>(block, run);
                *sum = L::add(*sum, L::mul(scale, s));
                if MIN {
                    *sum = L::add(*sum, L::mul(min, L::splat(self.of.x.lifts[first + run])));
                }
            }
        }
    }
}

/// Folds that make whole runs, and those runs.
const fn unit(bits: u32, run: usize) -> (usize, usize) {
    let (vectors, wide) = (vectors(bits, run), Fold::of(bits).wide);
    if vectors < wide { (1, wide / vectors) } else { (vectors / wide, 1) }
}

/// Vectors of a run.
const fn vectors(bits: u32, run: usize) -> usize {
    run * LANES / VECTOR / if bits <= 4 { 2 } else { 1 }
}

/// As in `integer`, of the one or two runs that a unit has.
#[inline(always)]
fn products<L: Lanes, const BITS: u32, const RUN: usize>(from: &[u8], x: &Lines<RUN, 1>, run: usize) -> [L::V; 2] {
    let (fold, vectors, (folds, runs)) = const { (Fold::of(BITS), vectors(BITS, RUN), unit(BITS, RUN)) };
    let a = &x.codes[run * RUN..][..runs * RUN];
    let mut sums = [L::start(); 2];
    for n in 0..folds {
        let close = fold.load::<L>(&from[n * fold.close * VECTOR..]);
        for i in 0..fold.wide {
            let (w, v) = (fold.vector::<L>(&close, i), n * fold.wide + i);
            let sum = &mut sums[v / vectors];
            if BITS <= 4 {
                let (low, high) = L::nibbles(w);
                *sum = L::dot4(*sum, low, L::quad(&a[8 * v..]));
                *sum = L::dot4(*sum, high, L::quad(&a[8 * v + 4..]));
            } else {
                *sum = L::dot7(*sum, w, L::quad(&a[4 * v..]));
            }
        }
    }
    let mut out = [L::splat(0.0); 2];
    for i in 0..runs {
        let (s, bias) = (sums[i], x.biases[0][run + i]);
        let s = if BITS <= 4 { L::close4(s, bias) } else { L::close(s, bias) };
        out[i] = L::mul(s, x.scale::<L>(0, run + i));
    }
    out
}
