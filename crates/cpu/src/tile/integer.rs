//! Rows of 8-bit activations against a panel of integer weights:
//! y = Σ_runs scale · (s · (Σ code · a + bias)) + min · lift, s the activations' scale; large blocks of activations come
//! in two terms, each with its own a, s and bias.
//!
//! Sums of a run are exact integers, and runs are added one by one in order without fusing, so every instruction set
//! gives the same bits.

use crate::lanes::{Body, LANES, Lanes};
use crate::panels::stretch;
use crate::pool::Parts;
use crate::quantize::{BLOCK, ROWS, Scratch, Term};
use crate::tile::Then;
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
    /// Has no function: that would be another loop for each.
    pub then: Then<'a>,
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
            _ => self.panel::<L, 7, 16, false>(),
        }
    }
}

impl Integer<'_> {
    #[inline(always)]
    fn panel<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool>(&self) {
        debug_assert!(self.codes.run == RUN && self.codes.min == MIN);
        let mut r = 0;
        while r + ROWS <= self.rows {
            self.tile::<L, BITS, RUN, MIN, ROWS>(r);
            r += ROWS;
        }
        while r < self.rows {
            self.tile::<L, BITS, RUN, MIN, 1>(r);
            r += 1;
        }
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn tile<L: Lanes, const BITS: u32, const RUN: usize, const MIN: bool, const R: usize>(&self, r: usize) {
        let runs = self.depth / RUN;
        let first = Lines::<RUN, R>::of(&self.x.first, r, self.depth);
        let lifts: [&[f32]; R] =
            std::array::from_fn(|i| if MIN { &self.x.lifts[(r + i) * runs..][..runs] } else { &[] });
        let code_bytes = RUN * LANES / if BITS == 4 { 2 } else { 1 };
        let whole = code_bytes + 4 * LANES * (1 + MIN as usize);
        debug_assert_eq!((code_bytes, whole), stretch(self.codes));
        let mut sum = [L::splat(0.0); R];
        for (run, w) in self.panel.chunks_exact(whole).enumerate().take(runs) {
            let s = products::<L, BITS, RUN, R>(w, &first, run);
            let scale = L::reals(&w[code_bytes..]);
            for i in 0..R {
                sum[i] = L::add(sum[i], L::mul(scale, s[i]));
            }
            if MIN {
                let min = L::reals(&w[code_bytes + 4 * LANES..]);
                for i in 0..R {
                    sum[i] = L::add(sum[i], L::mul(min, L::splat(lifts[i][run])));
                }
            }
        }
        for (i, sum) in sum.iter().enumerate() {
            let large = self.x.large(r + i, self.depth);
            let sum = if large.is_empty() { *sum } else { L::add(*sum, self.second::<L, BITS, RUN>(r + i, large)) };
            self.then.put::<L>(sum, self.y, self.outs, r + i, self.o);
        }
    }

    /// What the second terms of a row add. Few blocks are large, and seldom the same ones in several rows, so rows come
    /// here one by one; the panel is still in the nearest cache.
    #[inline(always)]
    fn second<L: Lanes, const BITS: u32, const RUN: usize>(&self, r: usize, large: &[u32]) -> L::V {
        let line = Lines::<RUN, 1>::of(&self.x.second, r, self.depth);
        let (code_bytes, whole) = stretch(self.codes);
        let mut sum = L::splat(0.0);
        for block in large {
            let first = *block as usize * BLOCK / RUN;
            for run in first..first + BLOCK / RUN {
                let w = &self.panel[run * whole..][..whole];
                let s = products::<L, BITS, RUN, 1>(w, &line, run);
                sum = L::add(sum, L::mul(L::reals(&w[code_bytes..]), s[0]));
            }
        }
        sum
    }
}

/// Rows of a term that lie together.
struct Lines<'a, const RUN: usize, const R: usize> {
    codes: &'a [u8],
    scales: [&'a [f32]; R],
    biases: [&'a [i32]; R],
}

impl<'a, const RUN: usize, const R: usize> Lines<'a, RUN, R> {
    #[inline(always)]
    fn of(term: &'a Term, r: usize, depth: usize) -> Self {
        let (blocks, runs) = (depth / BLOCK, depth / RUN);
        Lines {
            codes: &term.codes[r * depth..][..R * depth],
            scales: std::array::from_fn(|i| &term.scales[(r + i) * blocks..][..blocks]),
            biases: std::array::from_fn(|i| &term.biases[(r + i) * runs..][..runs]),
        }
    }

    /// The scale of a run's block.
    #[inline(always)]
    fn scale<L: Lanes>(&self, i: usize, run: usize) -> L::V {
        L::splat(self.scales[i][run * RUN / BLOCK])
    }
}

/// Sums of one run's codes times the panel's, for a few rows that share each loaded weight, times the activations' scale.
#[inline(always)]
fn products<L: Lanes, const BITS: u32, const RUN: usize, const R: usize>(
    w: &[u8],
    x: &Lines<RUN, R>,
    run: usize,
) -> [L::V; R] {
    // Loops and no closures around lanes: those are compiled without their instructions.
    let mut out = [L::splat(0.0); R];
    let a = &x.codes[run * R * RUN..][..R * RUN];
    let mut sums = [L::start(); R];
    if BITS == 4 {
        for g in 0..RUN / 8 {
            let (low, high) = L::nibbles(L::bytes(&w[g * 32..]));
            let (first, second) = a[8 * R * g..][..8 * R].split_at(4 * R);
            for i in 0..R {
                sums[i] = L::dot4(sums[i], low, L::quad(&first[4 * i..]));
                sums[i] = L::dot4(sums[i], high, L::quad(&second[4 * i..]));
            }
        }
        for i in 0..R {
            out[i] = L::mul(L::close4(sums[i], x.biases[i][run]), x.scale::<L>(i, run));
        }
        return out;
    }
    for g in 0..RUN / 4 {
        let w = L::bytes(&w[g * 32..]);
        let a = &a[4 * R * g..][..4 * R];
        for i in 0..R {
            sums[i] = L::dot7(sums[i], w, L::quad(&a[4 * i..]));
        }
    }
    for i in 0..R {
        out[i] = L::mul(L::close(sums[i], x.biases[i][run]), x.scale::<L>(i, run));
    }
    out
}
