//! Rows of 16-bit activations against a panel of 8-bit weights: y = s · Σ_runs scale · Σ code · a, s the row's scale.
//!
//! Sums of a run are exact integers, and runs are added one by one in order without fusing, so every instruction set
//! gives the same bits.

use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use crate::quantize::ROWS;
use crate::shorts::Shorts;
use crate::tile::Then;

/// Columns that share a scale.
const RUN: usize = 32;

/// Bytes of a run's codes, and of the run as a whole.
const CODES: usize = RUN * LANES;
const WHOLE: usize = CODES + 4 * LANES;

/// One panel's outputs of every row.
pub struct Short<'a> {
    pub x: &'a Shorts,
    pub panel: &'a [u8],
    pub y: &'a Parts<'a>, // [rows, outs]
    pub rows: usize,
    pub outs: usize,
    pub depth: usize,
    /// First output of the panel.
    pub o: usize,
    /// Has no function: that would be another loop for each.
    pub then: Then<'a>,
}

impl Body for Short<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        debug_assert_eq!(self.panel.len(), self.depth / RUN * WHOLE);
        let mut r = 0;
        while r + ROWS <= self.rows {
            self.tile::<L, ROWS>(r);
            r += ROWS;
        }
        while r < self.rows {
            self.tile::<L, 1>(r);
            r += 1;
        }
    }
}

impl Short<'_> {
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn tile<L: Lanes, const R: usize>(&self, r: usize) {
        let rows = &self.x.codes[r * self.depth..][..R * self.depth];
        let mut sum = [L::splat(0.0); R];
        for (w, a) in self.panel.chunks_exact(WHOLE).zip(rows.chunks_exact(R * RUN)) {
            // Loops and no closures around lanes: those are compiled without their instructions.
            let mut run = [L::nothing(); R];
            for g in 0..RUN / 2 {
                let (w, a) = (L::wide(&w[g * 2 * LANES..]), &a[2 * R * g..][..2 * R]);
                for i in 0..R {
                    run[i] = L::dot(run[i], w, L::pair(&a[2 * i..]));
                }
            }
            let scale = L::reals(&w[CODES..]);
            let sum = apart(&mut sum);
            for i in 0..R {
                sum[i] = L::add(sum[i], L::mul(scale, L::whole(run[i])));
            }
        }
        for (i, sum) in sum.iter().enumerate() {
            let sum = L::mul(*sum, L::splat(self.x.scales[r + i]));
            self.then.put::<L>(sum, self.y, self.outs, r + i, self.o);
        }
    }
}

/// What is used once a run, kept out of the registers of the loop within: given a choice, Chromium keeps it there and puts
/// one of that loop's sums into memory instead, which then waits for it at every turn.
#[inline(always)]
fn apart<T>(sum: &mut T) -> &mut T {
    if cfg!(target_arch = "wasm32") { std::hint::black_box(sum) } else { sum }
}
