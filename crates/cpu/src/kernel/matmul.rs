//! Dot products in register tiles of 4 rows × 2 outputs: each loaded weight serves four rows. Outputs are shared out
//! between threads, so a weight is read by one thread only. Other formats are unpacked two rows at a time.

use super::Machine;
use crate::lanes::{Body, Lanes};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Multiply-adds below which a second thread is not worth waking.
const GRAIN: usize = 32_768;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, outs, depth] = [params[0] as usize, params[1] as usize, params[2] as usize];
    let [x, w, y] = views.split()?;
    let (x, y) = (x.f32()?, Parts::new(y.f32_mut()?));
    let w: &View = w;
    machine.pool.split(outs, GRAIN / (rows * depth).max(1) + 1, |range| {
        let mut unpacked = vec![0.0; if w.f32().is_ok() { 0 } else { 2 * depth }];
        let mut o = range.start;
        while o < range.end {
            let two = (range.end - o).min(2);
            let pair = match w {
                View::Blocks(kind, bytes) => {
                    let row = kind.bytes_of(depth);
                    (kind.unpack)(&bytes[o * row..(o + two) * row], &mut unpacked[..two * depth]);
                    &unpacked[..two * depth]
                }
                // Anything else is f32: `Recording::check` has seen the slot's kinds.
                _ => w.f32().map_or(&[][..], |w| &w[o * depth..(o + two) * depth]),
            };
            machine.isa.run(Pair { x, pair, y: &y, rows, outs, depth, o });
            o += two;
        }
    });
    Ok(())
}

/// One or two outputs of every row.
struct Pair<'a> {
    x: &'a [f32],     // [rows, depth]
    pair: &'a [f32],  // [1 or 2, depth]
    y: &'a Parts<'a>, // [rows, outs]
    rows: usize,
    outs: usize,
    depth: usize,
    o: usize,
}

impl Body for Pair<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut r = 0;
        while r < self.rows {
            let left = self.rows - r;
            match (left >= 4, self.pair.len() > self.depth) {
                (true, true) => self.tile::<L, 4, 2>(r),
                (true, false) => self.tile::<L, 4, 1>(r),
                (false, true) => self.tile::<L, 1, 2>(r),
                (false, false) => self.tile::<L, 1, 1>(r),
            }
            r += if left >= 4 { 4 } else { 1 };
        }
    }
}

impl Pair<'_> {
    #[inline(always)]
    fn tile<L: Lanes, const R: usize, const O: usize>(&self, r: usize) {
        let d = self.depth;
        let whole = d / L::WIDTH * L::WIDTH;
        let x: [&[f32]; R] = std::array::from_fn(|i| &self.x[(r + i) * d..][..d]);
        let w: [&[f32]; O] = std::array::from_fn(|j| &self.pair[j * d..][..d]);
        let mut acc = [[L::splat(0.0); O]; R];
        for k in (0..whole).step_by(L::WIDTH) {
            let wk: [L::V; O] = std::array::from_fn(|j| L::load(&w[j][k..]));
            for i in 0..R {
                let xk = L::load(&x[i][k..]);
                for j in 0..O {
                    acc[i][j] = L::mul_add(xk, wk[j], acc[i][j]);
                }
            }
        }
        for i in 0..R {
            // SAFETY: this row's outputs o.. of this pair belong to one thread.
            let y = unsafe { self.y.slice((r + i) * self.outs + self.o..(r + i) * self.outs + self.o + O) };
            for j in 0..O {
                let tail: f32 = (whole..d).map(|k| x[i][k] * w[j][k]).sum();
                y[j] = L::sum(acc[i][j]) + tail;
            }
        }
    }
}
