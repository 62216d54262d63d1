//! Rows of f32 activations against one or two panels of f32 weights, `[depth][8 outputs]`: an activation is broadcast
//! and meets eight weights. Tiles are as large as the registers: 6 rows × 2 panels of sixteen 256-bit registers, 4 × 1 of
//! sixteen 128-bit ones.

use super::dense::dense;
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;

pub struct Real<'a> {
    pub x: &'a [f32], // [rows, depth]
    /// One or two panels, one behind the other.
    pub panels: &'a [f32],
    pub y: &'a Parts<'a>, // [rows, outs]
    pub rows: usize,
    pub outs: usize,
    pub depth: usize,
    /// First output of the first panel.
    pub o: usize,
}

impl Body for Real<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let panel = self.depth * LANES;
        if L::WIDE {
            return match self.panels.len() > panel {
                true => self.all::<L, 6, 2>(self.panels, self.o),
                false => self.all::<L, 6, 1>(self.panels, self.o),
            };
        }
        for (i, panel) in self.panels.chunks_exact(panel).enumerate() {
            self.all::<L, 4, 1>(panel, self.o + i * LANES);
        }
    }
}

impl Real<'_> {
    #[inline(always)]
    fn all<L: Lanes, const R: usize, const P: usize>(&self, panels: &[f32], o: usize) {
        let mut r = 0;
        while r + R <= self.rows {
            self.tile::<L, R, P>(r, panels, o);
            r += R;
        }
        if r + 2 <= self.rows && R > 4 {
            self.tile::<L, 2, P>(r, panels, o);
            r += 2;
        }
        if r + 2 <= self.rows {
            self.tile::<L, 2, P>(r, panels, o);
            r += 2;
        }
        if r < self.rows {
            self.tile::<L, 1, P>(r, panels, o);
        }
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn tile<L: Lanes, const R: usize, const P: usize>(&self, r: usize, panels: &[f32], o: usize) {
        let depth = self.depth;
        let x: [&[f32]; R] = std::array::from_fn(|i| &self.x[(r + i) * depth..][..depth]);
        let w: [&[f32]; P] = std::array::from_fn(|j| &panels[j * depth * LANES..][..depth * LANES]);
        let mut sum = [[L::splat(0.0); P]; R];
        dense::<L, R, P, true>(x, w, LANES, &mut sum);
        for (i, sum) in sum.iter().enumerate() {
            for (j, sum) in sum.iter().enumerate() {
                let (row, o) = ((r + i) * self.outs, o + j * LANES);
                // SAFETY: a panel's outputs belong to one thread.
                super::put::<L>(*sum, unsafe { self.y.slice(row + o..row + self.outs.min(o + LANES)) });
            }
        }
    }
}
