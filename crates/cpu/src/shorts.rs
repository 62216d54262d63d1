//! Activations in 16 bits for weights of 8, the largest of a row ±32767: sixteen bits cost what eight would, and 32
//! products of 128 · 32767 fit into a sum. In SmolLM2 with such weights 2,098 of 2,100 tokens are those of f32 (mean KL
//! 2e-6; 0.00045 with 8 bits). Scales for every 32 numbers would make it 2,100 (5e-7), and take another multiplication.
//!
//! Rounds like `quantize`, with the same operations on every instruction set. Such weights are signed and have no min, so
//! nobody asks for sums of codes, and what 16 bits leave over is not worth a second term.

use crate::kernel::Machine;
use crate::lanes::{Body, LANES, Lanes};
use crate::math::constants;
use crate::pool::Parts;
use crate::quantize::{GRAIN, MAGIC, ROWS};

/// What the largest number of a row becomes.
const MOST: f32 = 32767.0;

/// Rows of activations as integers that, times their row's scale, are the activations. Kept from step to step.
#[derive(Default)]
pub struct Shorts {
    /// [depth / 2, rows that lie together, 2]: four rows lie side by side, so that a tile reads on from one place; those
    /// left over lie alone
    pub codes: Vec<i16>,
    /// [rows]
    pub scales: Vec<f32>,
}

impl Shorts {
    pub fn fill(&mut self, machine: &Machine, x: &[f32], depth: usize) {
        let rows = x.len() / depth;
        self.codes.resize(rows * depth, 0);
        self.scales.resize(rows, 0.0);
        let (codes, scales) = (Parts::new(&mut self.codes), Parts::new(&mut self.scales));
        let isa = machine.isa;
        machine.pool.split(rows.div_ceil(ROWS), GRAIN / (ROWS * depth) + 1, |range| {
            for start in range.map(|n| n * ROWS) {
                let all = start..rows.min(start + ROWS);
                let each = if all.len() == ROWS { ROWS } else { 1 };
                for r in all.step_by(each) {
                    let x = &x[r * depth..(r + each) * depth];
                    // SAFETY: every four rows are in one range.
                    let (codes, scales) =
                        unsafe { (codes.slice(r * depth..(r + each) * depth), scales.slice(r..r + each)) };
                    if each == ROWS {
                        isa.run(Together::<ROWS> { x, codes, scales, depth });
                    } else {
                        isa.run(Together::<1> { x, codes, scales, depth });
                    }
                }
            }
        });
    }
}

/// Rows that lie together.
struct Together<'a, const R: usize> {
    x: &'a [f32],         // [R, depth]
    codes: &'a mut [i16], // [depth / 2, R, 2]
    scales: &'a mut [f32],
    depth: usize,
}

impl<const R: usize> Body for Together<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut inverses = [L::splat(0.0); R];
        for (i, row) in self.x.chunks_exact(self.depth).enumerate() {
            let mut most = L::splat(0.0);
            for v in row.chunks_exact(LANES) {
                most = L::larger(most, L::abs(L::load(v)));
            }
            // What is no number makes a scale that is none. Below this MOST / most would overflow; such a row is zero.
            let most = L::largest(most);
            let (scale, inverse) = if most < 1e-30 { (0.0, 0.0) } else { (most * (1.0 / MOST), MOST / most) };
            self.scales[i] = scale;
            inverses[i] = L::splat(inverse);
        }
        let [magic] = constants::<L, 1>(&[MAGIC]);
        for (c, to) in self.codes.chunks_exact_mut(R * LANES).enumerate() {
            let mut codes = [L::nothing(); R];
            for i in 0..R {
                let v = L::load(&self.x[i * self.depth + c * LANES..]);
                codes[i] = L::beyond(L::add(L::mul(v, inverses[i]), magic), magic);
            }
            if R == ROWS {
                L::shorts([codes[0], codes[1 % R], codes[2 % R], codes[3 % R]], to);
            } else {
                L::short(codes[0], to);
            }
        }
    }
}
