//! Rows of 8-bit activations against a panel of integer weights:
//! y = Σ_runs scale · (s · (Σ code · a + bias)) + min · lift, s the activations' scale.
//!
//! Sums of a run are exact integers, and runs are added one by one in order without fusing, so every instruction set
//! gives the same bits.

use crate::lanes::{Body, LANES, Lanes};
use crate::panels::stretch;
use crate::pool::Parts;
use crate::quantize::{BLOCK, Scratch};
use squint_ops::Codes;

/// One panel's outputs of every row.
pub struct Integer<'a> {
    pub x: &'a Scratch,
    pub panel: &'a [u8],
    pub codes: &'a Codes,
    pub y: &'a Parts<'a>, // [rows, outs]
    pub rows: usize,
    pub outs: usize,
    pub depth: usize,
    /// First output of the panel.
    pub o: usize,
}

impl Body for Integer<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        // One instance of the loop for every shape of a run that a format has.
        match (self.codes.bits, self.codes.run, self.codes.min) {
            (..=4, 32, true) => self.panel::<L, 4, 32, true>(),
            (..=4, 32, false) => self.panel::<L, 4, 32, false>(),
            (..=4, _, true) => self.panel::<L, 4, 16, true>(),
            (..=4, _, false) => self.panel::<L, 4, 16, false>(),
            (5..=7, 32, true) => self.panel::<L, 7, 32, true>(),
            (5..=7, 32, false) => self.panel::<L, 7, 32, false>(),
            (5..=7, _, _) => self.panel::<L, 7, 16, false>(),
            _ => self.panel::<L, 8, 32, false>(),
        }
    }
}

impl Integer<'_> {
    #[inline(always)]
    fn panel<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool>(&self) {
        debug_assert!(self.codes.run == RUN && self.codes.min == MIN);
        let mut r = 0;
        while r + 4 <= self.rows {
            self.tile::<L, BITS, RUN, MIN, 4>(r);
            r += 4;
        }
        while r < self.rows {
            self.tile::<L, BITS, RUN, MIN, 1>(r);
            r += 1;
        }
    }

    #[inline(always)]
    fn tile<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool, const R: usize>(&self, r: usize) {
        let (blocks, runs) = (self.depth / BLOCK, self.depth / RUN);
        let x: [&[u8]; R] = std::array::from_fn(|i| &self.x.codes[(r + i) * self.depth..][..self.depth]);
        // Only weights with sign need them apart.
        let (sizes, signs) = if BITS == 8 { (&self.x.sizes, &self.x.signs) } else { (&self.x.codes, &self.x.codes) };
        let sizes: [&[u8]; R] = std::array::from_fn(|i| &sizes[(r + i) * self.depth..][..self.depth]);
        let signs: [&[u8]; R] = std::array::from_fn(|i| &signs[(r + i) * self.depth..][..self.depth]);
        let scales: [&[f32]; R] = std::array::from_fn(|i| &self.x.scales[(r + i) * blocks..][..blocks]);
        let biases: [&[i32]; R] = std::array::from_fn(|i| &self.x.biases[(r + i) * runs..][..runs]);
        let lifts: [&[f32]; R] = std::array::from_fn(|i| &self.x.lifts[(r + i) * runs..][..runs]);
        let code_bytes = RUN * LANES / if BITS == 4 { 2 } else { 1 };
        let whole = code_bytes + 4 * LANES * (1 + MIN as usize);
        debug_assert_eq!((code_bytes, whole), stretch(self.codes));
        let mut sum = [L::splat(0.0); R];
        for (run, w) in self.panel.chunks_exact(whole).enumerate().take(runs) {
            let a: [&[u8]; R] = std::array::from_fn(|i| &x[i][run * RUN..][..RUN]);
            let mut s = [L::start(); R];
            if BITS == 4 {
                for g in 0..RUN / 8 {
                    let (low, high) = L::nibbles(L::bytes(&w[g * 32..]));
                    for i in 0..R {
                        s[i] = L::dot4(s[i], low, L::quad(&a[i][8 * g..]));
                        s[i] = L::dot4(s[i], high, L::quad(&a[i][8 * g + 4..]));
                    }
                }
            } else {
                for g in 0..RUN / 4 {
                    let w = L::bytes(&w[g * 32..]);
                    for i in 0..R {
                        let a = L::quad(&a[i][4 * g..]);
                        s[i] = if BITS == 8 {
                            let k = run * RUN + 4 * g;
                            L::dot8(s[i], w, a, L::quad(&sizes[i][k..]), L::quad(&signs[i][k..]))
                        } else {
                            L::dot7(s[i], w, a)
                        };
                    }
                }
            }
            let scale = L::reals(&w[code_bytes..]);
            for i in 0..R {
                let whole = if BITS == 4 { L::close4(s[i], biases[i][run]) } else { L::close(s[i], biases[i][run]) };
                let small = L::mul(whole, L::splat(scales[i][run * RUN / BLOCK]));
                sum[i] = L::add(sum[i], L::mul(scale, small));
            }
            if MIN {
                let min = L::reals(&w[code_bytes + 4 * LANES..]);
                for i in 0..R {
                    sum[i] = L::add(sum[i], L::mul(min, L::splat(lifts[i][run])));
                }
            }
        }
        let n = (self.outs - self.o).min(LANES);
        for (i, sum) in sum.iter().enumerate() {
            let at = (r + i) * self.outs + self.o;
            // SAFETY: a panel's outputs belong to one thread.
            super::put::<L>(*sum, unsafe { self.y.slice(at..at + n) });
        }
    }
}
