//! Activations in 8 bits with a scale for every 32 numbers, of which the largest becomes ±127. Rounds to nearest, halves to
//! even, with the same operations on every instruction set, so that the codes are the same everywhere.
//!
//! Models have a few activations that are far larger than the rest. A block that holds one has a coarse scale, and a
//! tenth of the blocks make two thirds of all rounding error. Blocks above the mean get a second term: what the first
//! left over, in 8 bits of its own. Rows of numbers that are all of a size, as most of a vision encoder's are, have none.

use crate::kernel::Machine;
use crate::lanes::{Body, LANES, Lanes};
use crate::math::constants;
use crate::pool::Parts;
use squint_ops::Codes;

/// Numbers that share a scale.
pub const BLOCK: usize = 32;

/// A block whose largest number is above the row's mean of such has a second term, if one of the row's is above `UNEVEN`
/// times that mean.
/// In SmolLM2, whose weights have 4 bits, the likeliest token is that of f32 at 98.6 % of 2,100 positions (mean KL 0.00035).
/// Without `UNEVEN` a vision encoder's rows would pay for second terms that they do not need.
const UNEVEN: f32 = 2.0;

/// Numbers that are worth handing out.
pub const GRAIN: usize = 8192;

/// What the largest number of a block becomes.
const MOST: f32 = 127.0;

/// Rows that a tile takes at once.
pub const ROWS: usize = 4;

/// Rows of activations as integers, and what a weight's offset and min need of them. Kept from step to step.
#[derive(Default)]
pub struct Scratch {
    /// Four rows at a time lie side by side, so that a tile reads on from one place; those left over lie alone.
    pub first: Term,
    /// Only where a block is large; rows lie alone.
    pub second: Term,
    /// [rows, depth / 32]: the blocks that have a second term, as many as `counts` says of each row
    large: Vec<u32>,
    counts: Vec<usize>,
    /// [rows, depth / run]: scale · Σ codes of both terms, what a weight's min is multiplied with
    pub lifts: Vec<f32>,
}

/// Integers that, times their scales, are the activations, or what is left of them.
#[derive(Default)]
pub struct Term {
    /// [depth / 4, rows that lie together, 4], signed
    pub codes: Vec<u8>,
    /// [rows, depth / 32]
    pub scales: Vec<f32>,
    /// [rows, depth / run]: −offset · Σ codes, what a sum of products with the weight's unsigned codes is too large by
    pub biases: Vec<i32>,
}

impl Scratch {
    pub fn fill(&mut self, machine: &Machine, x: &[f32], depth: usize, weight: &Codes) {
        let (blocks, runs) = (depth / BLOCK, depth / weight.run);
        let rows = x.len() / depth;
        for term in [&mut self.first, &mut self.second] {
            term.codes.resize(rows * depth, 0);
            term.scales.resize(rows * blocks, 0.0);
            term.biases.resize(rows * runs, 0);
        }
        self.large.resize(rows * blocks, 0);
        self.counts.resize(rows, 0);
        self.lifts.resize(rows * runs, 0.0);
        let [first, second] = [&mut self.first, &mut self.second].map(Shared::new);
        let (large, counts) = (Parts::new(&mut self.large), Parts::new(&mut self.counts));
        let lifts = Parts::new(&mut self.lifts);
        let isa = machine.isa;
        let sizes = [depth, blocks, runs];
        machine.pool.split(rows.div_ceil(ROWS), GRAIN / (ROWS * depth) + 1, |range| {
            for start in range.map(|n| n * ROWS) {
                let all = start..rows.min(start + ROWS);
                let together = if all.len() == ROWS { ROWS } else { 1 };
                for r in all {
                    // SAFETY: every four rows are in one range, and rows that lie together are those of one four.
                    let row = unsafe {
                        Row {
                            x: &x[r * depth..][..depth],
                            terms: [first.row(r, together, sizes), second.row(r, 1, sizes)],
                            large: large.slice(r * blocks..(r + 1) * blocks),
                            count: &mut counts.slice(r..r + 1)[0],
                            lifts: lifts.slice(r * runs..(r + 1) * runs),
                            run: weight.run,
                            offset: weight.offset,
                        }
                    };
                    isa.run(row);
                }
            }
        });
    }

    /// Blocks of a row that have a second term.
    pub fn large(&self, row: usize, depth: usize) -> &[u32] {
        &self.large[row * (depth / BLOCK)..][..self.counts[row]]
    }
}

/// A term that threads fill by rows.
struct Shared<'a> {
    codes: Parts<'a, u8>,
    scales: Parts<'a, f32>,
    biases: Parts<'a, i32>,
}

impl<'a> Shared<'a> {
    fn new(term: &'a mut Term) -> Shared<'a> {
        Shared {
            codes: Parts::new(&mut term.codes),
            scales: Parts::new(&mut term.scales),
            biases: Parts::new(&mut term.biases),
        }
    }

    /// # Safety
    /// Nobody else may hold this row, or one that lies together with it.
    unsafe fn row(&self, r: usize, together: usize, [codes, blocks, runs]: [usize; 3]) -> TermRow<'_> {
        let at = |n: usize| r * n..(r + 1) * n;
        let first = r / together * together;
        let all = |n: usize| first * n..(first + together) * n;
        // SAFETY: what is given here does not overlap, and the caller holds nothing else of it.
        unsafe {
            TermRow {
                codes: self.codes.slice(all(codes)),
                scales: self.scales.slice(at(blocks)),
                biases: self.biases.slice(at(runs)),
                place: r - first,
                together,
            }
        }
    }
}

struct Row<'a> {
    x: &'a [f32],
    terms: [TermRow<'a>; 2],
    large: &'a mut [u32],
    count: &'a mut usize,
    lifts: &'a mut [f32],
    run: usize,
    offset: i32,
}

/// One row of those that lie together.
struct TermRow<'a> {
    codes: &'a mut [u8],
    scales: &'a mut [f32],
    biases: &'a mut [i32],
    place: usize,
    together: usize,
}

impl Body for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let [mut first, mut second] = self.terms;
        self.lifts.fill(0.0);
        // Largest numbers first, kept where the scales will be. What is no number makes a scale that is none.
        for (i, most) in first.scales.iter_mut().enumerate() {
            let [a, b, c, d] = load::<L>(&self.x[i * BLOCK..]);
            *most = L::largest(L::larger(L::larger(L::abs(a), L::abs(b)), L::larger(L::abs(c), L::abs(d))));
        }
        let mean = first.scales.iter().sum::<f32>() / first.scales.len().max(1) as f32;
        let uneven = first.scales.iter().any(|most| *most > UNEVEN * mean);
        *self.count = 0;
        let [magic] = constants::<L, 1>(&[MAGIC]);
        let how = Rounding::<L> { magic, run: self.run, offset: self.offset };
        for i in 0..self.large.len() {
            let most = first.scales[i];
            let v = load::<L>(&self.x[i * BLOCK..]);
            let codes = first.block(&how, i, v, most, self.lifts);
            if !uneven || most <= mean {
                continue;
            }
            self.large[*self.count] = i as u32;
            *self.count += 1;
            let scale = L::splat(-first.scales[i]);
            let mut rest = v;
            for (rest, codes) in rest.iter_mut().zip(codes) {
                *rest = L::add(*rest, L::mul(L::whole(codes), scale));
            }
            // Half a step of the first term is the most that can be left, and a little for its own rounding.
            second.block(&how, i, rest, first.scales[i] * 0.501, self.lifts);
        }
    }
}

/// Adding it to a number of size below 2²² rounds that number, and leaves it in the lowest bits.
pub const MAGIC: f32 = 12_582_912.0;

/// What all blocks of a row have in common.
struct Rounding<L: Lanes> {
    magic: L::V,
    run: usize,
    offset: i32,
}

/// A block of numbers. A function and not a closure: those are compiled without the lanes' instructions.
#[inline(always)]
fn load<L: Lanes>(x: &[f32]) -> [L::V; BLOCK / LANES] {
    [L::load(x), L::load(&x[LANES..]), L::load(&x[2 * LANES..]), L::load(&x[3 * LANES..])]
}

impl TermRow<'_> {
    /// Block `i` of numbers no larger than `most`; returns its codes.
    #[inline(always)]
    fn block<L: Lanes>(
        &mut self,
        how: &Rounding<L>,
        i: usize,
        v: [L::V; BLOCK / LANES],
        most: f32,
        lifts: &mut [f32],
    ) -> [L::T; BLOCK / LANES] {
        // Below this MOST / most would overflow; such a block is zero.
        let (scale, inverse) = if most < 1e-30 { (0.0, 0.0) } else { (most * (1.0 / MOST), MOST / most) };
        self.scales[i] = scale;
        let mut codes = [L::nothing(); BLOCK / LANES];
        for (code, v) in codes.iter_mut().zip(v) {
            *code = L::beyond(L::add(L::mul(v, L::splat(inverse)), how.magic), how.magic);
        }
        let start = |j: usize| (i * BLOCK + j * LANES) * self.together;
        for (j, code) in codes.into_iter().enumerate() {
            L::small(code, &mut self.codes[start(j) + 4 * self.place..], 4 * self.together);
        }
        let half = [L::total(L::plus(codes[0], codes[1])), L::total(L::plus(codes[2], codes[3]))];
        let whole = [half[0].wrapping_add(half[1])];
        let sums: &[i32] = if how.run == BLOCK { &whole } else { &half };
        for (j, sum) in (i * sums.len()..).zip(sums) {
            self.biases[j] = sum.wrapping_mul(-how.offset);
            lifts[j] += scale * *sum as f32;
        }
        codes
    }
}
