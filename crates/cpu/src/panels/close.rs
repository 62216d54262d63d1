//! A block of a panel as it lies in memory: the folded codes of eight rows, then what their runs multiply scale and min by,
//! then eight scales and eight mins.

use super::fold::{Fold, MOST_CLOSE};
use super::wide::VECTOR;
use crate::lanes::{LANES, Lanes};
use squint_ops::{Codes, Kind, MOST_BLOCK, Scales};

/// Bytes of eight f32.
pub const REALS: usize = 4 * LANES;

pub struct Close {
    bits: u32,
    run: usize,
    block: usize,
    /// Bits of the runs' whole numbers, and whether there is a min.
    whole: u32,
    min: bool,
    fold: &'static Fold,
    pub runs: usize,
    /// Where the runs' whole numbers are, eight rows of each: bytes or, of 4 bits, the min's above the scale's.
    pub steps: usize,
    /// Bytes of those of the scales, behind which those of the mins are; of both where they share theirs.
    plane: usize,
    /// Where the scales are, and the mins behind them.
    reals: usize,
    /// Bytes of a block.
    pub bytes: usize,
}

/// Work that is compiled for each layout of a block on its own: what depends on the layout alone is known then, and no
/// access has to be looked at.
pub trait Shaped {
    fn run<L: Lanes, const BITS: u32, const RUN: usize, const BLOCK: usize, const WHOLE: u32, const MIN: bool>(self);
}

impl Close {
    pub fn of(kind: Kind, codes: &Codes) -> Close {
        Close::new(codes.bits, codes.run, kind.block, codes.steps, codes.min)
    }

    pub const fn new(bits: u32, run: usize, block: usize, whole: u32, min: bool) -> Close {
        let (fold, runs) = (Fold::of(bits), block / run);
        let steps = block / columns(bits) / fold.wide * fold.close * VECTOR;
        let plane = if whole > 0 { runs * LANES } else { 0 };
        let reals = steps + if min && whole == 8 { 2 * plane } else { plane };
        let bytes = reals + if min { 2 * REALS } else { REALS };
        Close { bits, run, block, whole, min, fold, runs, steps, plane, reals, bytes }
    }

    /// Whether this is also how tiles read it: one run a block, whose codes fill their bytes.
    pub fn is_wide(&self) -> bool {
        self.block == self.run && self.fold.wide == self.fold.close
    }

    /// Does work that is compiled for this layout: a row for every one that a format has and tiles do not read.
    #[inline(always)]
    pub fn shape<L: Lanes>(&self, work: impl Shaped) {
        match (self.bits, self.run, self.block, self.whole, self.min) {
            (2, 16, ..) => work.run::<L, 2, 16, 256, 4, true>(),
            (2, 32, ..) => work.run::<L, 2, 32, 256, 0, false>(),
            (3, ..) => work.run::<L, 3, 16, 256, 8, false>(),
            (4, ..) => work.run::<L, 4, 32, 256, 8, true>(),
            (5, _, 256, ..) => work.run::<L, 5, 32, 256, 8, true>(),
            (5, .., true) => work.run::<L, 5, 32, 32, 0, true>(),
            (5, .., false) => work.run::<L, 5, 32, 32, 0, false>(),
            _ => work.run::<L, 6, 16, 256, 8, false>(),
        }
    }

    /// A row's block into its lane.
    pub fn put(&self, lane: usize, codes: &[u8], scales: &Scales, to: &mut [u8]) {
        let mut words = [0; MOST_BLOCK / 4];
        for (word, codes) in words.iter_mut().zip(codes.chunks_exact(columns(self.bits))) {
            let four = |i: usize| u32::from_le_bytes([codes[i], codes[i + 1], codes[i + 2], codes[i + 3]]);
            *word = if codes.len() == 8 { four(0) | four(4) << 4 } else { four(0) };
        }
        let all = self.block / columns(self.bits);
        let vectors = to[..self.steps].chunks_exact_mut(self.fold.close * VECTOR);
        for (words, to) in words[..all].chunks_exact(self.fold.wide).zip(vectors) {
            for (word, to) in self.fold.fold(words).iter().zip(to.chunks_exact_mut(VECTOR)) {
                let bytes = word.to_le_bytes();
                for (i, at) in self.places(lane).into_iter().enumerate() {
                    to[at] = bytes[i];
                }
            }
        }
        for run in 0..self.stepped() {
            let (at, scale, min) = (self.step(lane, run), scales.scales[run] as u8, scales.mins[run] as u8);
            match (self.whole, self.min) {
                (4, _) => to[at] = scale | min << 4,
                (_, false) => to[at] = scale,
                (_, true) => (to[at], to[at + self.plane]) = (scale, min),
            }
        }
        to[self.reals + 4 * lane..][..4].copy_from_slice(&scales.scale.to_le_bytes());
        if self.min {
            to[self.reals + REALS + 4 * lane..][..4].copy_from_slice(&scales.min.to_le_bytes());
        }
    }

    /// A lane's numbers.
    pub fn get(&self, codes: &Codes, lane: usize, from: &[u8], to: &mut [f32]) {
        let real = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| from[at + 4 * lane + i]));
        let mut scales = Scales { scale: real(self.reals), ..Scales::ONES };
        if self.min {
            scales.min = real(self.reals + REALS);
        }
        for run in 0..self.stepped() {
            let at = self.step(lane, run);
            (scales.scales[run], scales.mins[run]) = match (self.whole, self.min) {
                (4, _) => ((from[at] & 15) as i8, (from[at] >> 4) as i8),
                (_, false) => (from[at] as i8, 1),
                (_, true) => (from[at] as i8, from[at + self.plane] as i8),
            };
        }
        let each = columns(self.bits);
        let vectors = from[..self.steps].chunks_exact(self.fold.close * VECTOR);
        for (n, (to, from)) in to.chunks_exact_mut(self.fold.wide * each).zip(vectors).enumerate() {
            let mut close = [0; MOST_CLOSE];
            for (word, from) in close.iter_mut().zip(from.chunks_exact(VECTOR)) {
                *word = u32::from_le_bytes(self.places(lane).map(|at| from[at]));
            }
            for (i, to) in to.chunks_exact_mut(each).enumerate() {
                let bytes = self.fold.unfold(&close, i).to_le_bytes();
                let (scale, min) = scales.of((n * self.fold.wide + i) * each / self.run);
                for (col, to) in to.iter_mut().enumerate() {
                    let code = if each == 8 { bytes[col % 4] >> (col / 4 * 4) & 15 } else { bytes[col] };
                    *to = codes.number(code, scale, min);
                }
            }
        }
    }

    /// Scales and mins of a run, rounded as the format's own unpacking does.
    #[inline(always)]
    pub fn scales<L: Lanes>(&self, block: &[u8], run: usize) -> (L::V, L::V) {
        let scale = L::reals(&block[self.reals..]);
        let min = if self.min { L::reals(&block[self.reals + REALS..]) } else { scale };
        let at = self.steps + run * LANES;
        match self.whole {
            0 => (scale, min),
            4 => {
                let (scales, mins) = L::halved(&block[at..]);
                (L::mul(scale, L::whole(scales)), L::mul(min, L::whole(mins)))
            }
            _ => {
                let scale = L::mul(scale, L::whole(L::eight(&block[at..])));
                (scale, if self.min { L::mul(min, L::whole(L::eight(&block[at + self.plane..]))) } else { min })
            }
        }
    }

    /// Where a lane's four bytes of a vector are.
    fn places(&self, lane: usize) -> [usize; 4] {
        match self.bits {
            8 => [0, 1, 16, 17].map(|at| at + 2 * lane),
            _ => [0, 1, 2, 3].map(|at| at + 4 * lane),
        }
    }

    /// Runs that have whole numbers.
    fn stepped(&self) -> usize {
        if self.whole > 0 { self.runs } else { 0 }
    }

    fn step(&self, lane: usize, run: usize) -> usize {
        self.steps + run * LANES + lane
    }
}

/// Columns of a vector's four bytes.
const fn columns(bits: u32) -> usize {
    if bits <= 4 { 8 } else { 4 }
}
