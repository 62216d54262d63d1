//! Activations in 8 bits: a scale for every 32 numbers, the largest of which becomes ±127. Rounds to nearest, halves
//! away from zero, with the same operations on every instruction set, so that the codes are the same everywhere.

use crate::kernel::Machine;
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use squint_ops::Codes;

/// Numbers that share a scale.
pub const BLOCK: usize = 32;

/// Rows of activations as integers, and what a weight's offset and min need of them. Kept from step to step.
#[derive(Default)]
pub struct Scratch {
    /// [rows, depth], signed
    pub codes: Vec<u8>,
    /// [rows, depth]: the codes' sizes, and −1 where they are negative; only for weights with sign
    pub sizes: Vec<u8>,
    pub signs: Vec<u8>,
    /// [rows, depth / 32]
    pub scales: Vec<f32>,
    /// [rows, depth / run]: −offset · Σ codes, what a sum of products with the weight's unsigned codes is too large by
    pub biases: Vec<i32>,
    /// [rows, depth / run]: scale · Σ codes, what a weight's min is multiplied with
    pub lifts: Vec<f32>,
}

impl Scratch {
    pub fn fill(&mut self, machine: &Machine, x: &[f32], depth: usize, weight: &Codes) {
        let (blocks, runs) = (depth / BLOCK, depth / weight.run);
        let rows = x.len() / depth;
        self.codes.resize(rows * depth, 0);
        let signed = if weight.bits == 8 { depth } else { 0 };
        self.sizes.resize(rows * signed, 0);
        self.signs.resize(rows * signed, 0);
        self.scales.resize(rows * blocks, 0.0);
        self.biases.resize(rows * runs, 0);
        self.lifts.resize(rows * runs, 0.0);
        let codes = Parts::new(&mut self.codes);
        let (sizes, signs) = (Parts::new(&mut self.sizes), Parts::new(&mut self.signs));
        let scales = Parts::new(&mut self.scales);
        let (biases, lifts) = (Parts::new(&mut self.biases), Parts::new(&mut self.lifts));
        // About 64 k numbers take as long as waking a thread.
        let isa = machine.isa;
        machine.pool.split(rows, 65_536 / depth + 1, |range| {
            for r in range {
                // SAFETY: every row is in one range.
                let row = unsafe {
                    Row {
                        x: &x[r * depth..][..depth],
                        codes: codes.slice(r * depth..(r + 1) * depth),
                        sizes: sizes.slice(r * signed..(r + 1) * signed),
                        signs: signs.slice(r * signed..(r + 1) * signed),
                        scales: scales.slice(r * blocks..(r + 1) * blocks),
                        biases: biases.slice(r * runs..(r + 1) * runs),
                        lifts: lifts.slice(r * runs..(r + 1) * runs),
                        run: weight.run,
                        offset: weight.offset,
                    }
                };
                isa.run(row);
            }
        });
    }
}

struct Row<'a> {
    x: &'a [f32],
    codes: &'a mut [u8],
    sizes: &'a mut [u8],
    signs: &'a mut [u8],
    scales: &'a mut [f32],
    biases: &'a mut [i32],
    lifts: &'a mut [f32],
    run: usize,
    offset: i32,
}

impl Body for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let per = BLOCK / self.run;
        for (i, (x, codes)) in self.x.chunks_exact(BLOCK).zip(self.codes.chunks_exact_mut(BLOCK)).enumerate() {
            let v: [L::V; BLOCK / LANES] = std::array::from_fn(|j| L::load(&x[j * LANES..]));
            let sizes = v.map(|v| L::abs(v));
            let most = L::most(L::max(L::max(sizes[0], sizes[1]), L::max(sizes[2], sizes[3])));
            // Below this 127 / most would overflow; such a block is zero.
            let (scale, inverse) = if most < 1e-30 { (0.0, 0.0) } else { (most / 127.0, 127.0 / most) };
            self.scales[i] = scale;
            for (j, v) in v.into_iter().enumerate() {
                L::round(L::mul(v, L::splat(inverse)), &mut codes[j * LANES..][..LANES]);
            }
            for (j, codes) in codes.chunks_exact(self.run).enumerate() {
                let sum: i32 = codes.iter().map(|c| *c as i8 as i32).sum();
                self.biases[i * per + j] = -self.offset * sum;
                self.lifts[i * per + j] = scale * sum as f32;
            }
        }
        for ((code, size), sign) in self.codes.iter().zip(self.sizes).zip(self.signs) {
            *size = (*code as i8).unsigned_abs();
            *sign = (*code as i8 >> 7) as u8;
        }
    }
}
