//! One row of activations against a panel of codes that lies closer than tiles read it (`panels`): they are unfolded on
//! their way into the products. The sums, and their order, are those of `integer`.

use super::integer::Integer;
use crate::lanes::{Body, LANES, Lanes};
use crate::panels::{Close, Fold, Shaped, VECTOR};
use crate::quantize::{self, Term};

pub struct Single<'a> {
    /// Of one row; its panel is as it lies.
    pub of: Integer<'a>,
    pub close: &'a Close,
}

impl Body for Single<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        self.close.shape::<L>(self);
    }
}

impl Shaped for Single<'_> {
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn run<L: Lanes, const BITS: u32, const RUN: usize, const BLOCK: usize, const WHOLE: u32, const MIN: bool>(self) {
        let (close, runs) = const { (&Close::new(BITS, RUN, BLOCK, WHOLE, MIN), BLOCK / RUN) };
        debug_assert_eq!(close.bytes, self.close.bytes);
        let (x, depth) = (self.of.x, self.of.depth);
        let mut sum = L::splat(0.0);
        let blocks = self.of.panel.chunks_exact(close.bytes).zip(near::<RUN, BLOCK>(&x.first, depth));
        for (n, (block, x)) in blocks.enumerate() {
            let lifts = if MIN { &self.of.x.lifts[n * runs..][..runs] } else { &[] };
            add::<L, BITS, RUN>(close, block, 0, x, lifts, &mut sum);
        }
        let large = x.large(0, depth);
        if !large.is_empty() {
            let mut second = L::splat(0.0);
            for i in large.iter().map(|i| *i as usize) {
                let first = i * quantize::BLOCK / RUN;
                let block = &self.of.panel[first / runs * close.bytes..][..close.bytes];
                // The mins have met the codes of both terms.
                add::<L, BITS, RUN>(close, block, first % runs, one::<RUN>(&x.second, i), &[], &mut second);
            }
            sum = L::add(sum, second);
        }
        self.of.then.put::<L>(sum, self.of.y, self.of.outs, 0, self.of.o);
    }
}

/// What some runs of a panel meet of a row.
struct Near<'a> {
    codes: &'a [u8],
    scales: &'a [f32],
    biases: &'a [i32],
}

/// The first row's, `N` numbers each.
#[inline(always)]
fn near<const RUN: usize, const N: usize>(term: &Term, depth: usize) -> impl Iterator<Item = Near<'_>> {
    let scales = term.scales[..depth / quantize::BLOCK].chunks_exact(N / quantize::BLOCK);
    let biases = term.biases[..depth / RUN].chunks_exact(N / RUN);
    let all = term.codes[..depth].chunks_exact(N).zip(scales).zip(biases);
    all.map(|((codes, scales), biases)| Near { codes, scales, biases })
}

/// Those of one block of activations.
#[inline(always)]
fn one<const RUN: usize>(term: &Term, i: usize) -> Near<'_> {
    let (codes, scales) = (&term.codes[i * quantize::BLOCK..][..quantize::BLOCK], &term.scales[i..=i]);
    Near { codes, scales, biases: &term.biases[i * (quantize::BLOCK / RUN)..][..quantize::BLOCK / RUN] }
}

/// Adds what the block's runs from `at` on give, as many as `x` has.
#[inline(always)]
fn add<L: Lanes, const BITS: u32, const RUN: usize>(
    close: &Close,
    block: &[u8],
    at: usize,
    x: Near,
    lifts: &[f32],
    sum: &mut L::V,
) {
    let (folds, runs) = const { unit(BITS, RUN) };
    let bytes = folds * Fold::of(BITS).close * VECTOR;
    for n in 0..x.codes.len() / (runs * RUN) {
        let s = products::<L, BITS, RUN>(&block[(at / runs + n) * bytes..][..bytes], &x, n * runs);
        for (run, s) in (n * runs..(n + 1) * runs).zip(s) {
            let (scale, min) = close.scales::<L>(block, at + run);
            *sum = L::add(*sum, L::mul(scale, s));
            if !lifts.is_empty() {
                *sum = L::add(*sum, L::mul(min, L::splat(lifts[run])));
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

/// As in `integer`, of the one or two runs that a unit has, whose first is the row's run `first` here.
#[inline(always)]
fn products<L: Lanes, const BITS: u32, const RUN: usize>(from: &[u8], x: &Near, first: usize) -> [L::V; 2] {
    let (fold, vectors, (folds, runs)) = const { (Fold::of(BITS), vectors(BITS, RUN), unit(BITS, RUN)) };
    let a = &x.codes[first * RUN..][..runs * RUN];
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
        let (s, bias) = (sums[i], x.biases[first + i]);
        let s = if BITS <= 4 { L::close4(s, bias) } else { L::close(s, bias) };
        out[i] = L::mul(s, L::splat(x.scales[(first + i) * RUN / quantize::BLOCK]));
    }
    out
}
