//! A block of a panel as it lies in memory: the folded codes of eight rows, then what their runs multiply scale and min by,
//! then eight scales and eight mins.

use super::fold::{Fold, MOST_CLOSE};
use super::wide::VECTOR;
use crate::lanes::{LANES, Lanes};
use squint_ops::{Codes, Kind, MOST_BLOCK, Scales};

/// Bytes of eight f32.
pub const REALS: usize = 4 * LANES;

pub struct Close {
    pub codes: &'static Codes,
    block: usize,
    fold: &'static Fold,
    pub runs: usize,
    /// Where the runs' whole numbers are, eight rows of each: bytes or, of 4 bits, the min's above the scale's.
    pub steps: usize,
    /// Bytes of those of the scales, behind which those of the mins are; of both where they share theirs.
    pub plane: usize,
    /// Where the scales are, and the mins behind them.
    pub reals: usize,
    /// Bytes of a block.
    pub bytes: usize,
}

impl Close {
    pub fn of(kind: Kind, codes: &'static Codes) -> Close {
        let fold = Fold::of(codes.bits);
        let steps = kind.block / columns(codes) / fold.wide * fold.close * VECTOR;
        let runs = kind.block / codes.run;
        let plane = if codes.steps > 0 { runs * LANES } else { 0 };
        let planes = if codes.min && codes.steps == 8 { 2 } else { 1 };
        let reals = steps + planes * plane;
        let bytes = reals + if codes.min { 2 * REALS } else { REALS };
        Close { codes, block: kind.block, fold, runs, steps, plane, reals, bytes }
    }

    /// Whether this is also how tiles read it: one run a block, whose codes fill their bytes.
    pub fn is_wide(&self) -> bool {
        self.block == self.codes.run && self.fold.wide == self.fold.close
    }

    /// A row's block into its lane.
    pub fn put(&self, lane: usize, codes: &[u8], scales: &Scales, to: &mut [u8]) {
        let mut words = [0; MOST_BLOCK / 4];
        for (word, codes) in words.iter_mut().zip(codes.chunks_exact(columns(self.codes))) {
            let four = |i: usize| u32::from_le_bytes([codes[i], codes[i + 1], codes[i + 2], codes[i + 3]]);
            *word = if codes.len() == 8 { four(0) | four(4) << 4 } else { four(0) };
        }
        let all = self.block / columns(self.codes);
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
            match (self.codes.steps, self.codes.min) {
                (4, _) => to[at] = scale | min << 4,
                (_, false) => to[at] = scale,
                (_, true) => (to[at], to[at + self.plane]) = (scale, min),
            }
        }
        to[self.reals + 4 * lane..][..4].copy_from_slice(&scales.scale.to_le_bytes());
        if self.codes.min {
            to[self.reals + REALS + 4 * lane..][..4].copy_from_slice(&scales.min.to_le_bytes());
        }
    }

    /// A lane's numbers.
    pub fn get(&self, lane: usize, from: &[u8], to: &mut [f32]) {
        let real = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| from[at + 4 * lane + i]));
        let mut scales = Scales { scale: real(self.reals), ..Scales::ONES };
        if self.codes.min {
            scales.min = real(self.reals + REALS);
        }
        for run in 0..self.stepped() {
            let at = self.step(lane, run);
            (scales.scales[run], scales.mins[run]) = match (self.codes.steps, self.codes.min) {
                (4, _) => ((from[at] & 15) as i8, (from[at] >> 4) as i8),
                (_, false) => (from[at] as i8, 1),
                (_, true) => (from[at] as i8, from[at + self.plane] as i8),
            };
        }
        let each = columns(self.codes);
        let vectors = from[..self.steps].chunks_exact(self.fold.close * VECTOR);
        for (n, (to, from)) in to.chunks_exact_mut(self.fold.wide * each).zip(vectors).enumerate() {
            let mut close = [0; MOST_CLOSE];
            for (word, from) in close.iter_mut().zip(from.chunks_exact(VECTOR)) {
                *word = u32::from_le_bytes(self.places(lane).map(|at| from[at]));
            }
            for (i, to) in to.chunks_exact_mut(each).enumerate() {
                let bytes = self.fold.unfold(&close, i).to_le_bytes();
                let (scale, min) = scales.of((n * self.fold.wide + i) * each / self.codes.run);
                for (col, to) in to.iter_mut().enumerate() {
                    let code = if each == 8 { bytes[col % 4] >> (col / 4 * 4) & 15 } else { bytes[col] };
                    *to = self.codes.number(code, scale, min);
                }
            }
        }
    }

    /// Scales and mins of a run, rounded as the format's own unpacking does.
    #[inline(always)]
    pub fn scales<L: Lanes, const MIN: bool>(&self, block: &[u8], run: usize) -> (L::V, L::V) {
        let scale = L::reals(&block[self.reals..]);
        let min = if MIN { L::reals(&block[self.reals + REALS..]) } else { scale };
        let at = self.steps + run * LANES;
        match self.codes.steps {
            0 => (scale, min),
            4 => {
                let (scales, mins) = L::halved(&block[at..]);
                (L::mul(scale, L::whole(scales)), L::mul(min, L::whole(mins)))
            }
            _ => {
                let scale = L::mul(scale, L::whole(L::eight(&block[at..])));
                (scale, if MIN { L::mul(min, L::whole(L::eight(&block[at + self.plane..]))) } else { min })
            }
        }
    }

    /// Where a lane's four bytes of a vector are.
    fn places(&self, lane: usize) -> [usize; 4] {
        match self.codes.bits {
            8 => [0, 1, 16, 17].map(|at| at + 2 * lane),
            _ => [0, 1, 2, 3].map(|at| at + 4 * lane),
        }
    }

    /// Runs that have whole numbers.
    fn stepped(&self) -> usize {
        if self.codes.steps > 0 { self.runs } else { 0 }
    }

    fn step(&self, lane: usize, run: usize) -> usize {
        self.steps + run * LANES + lane
    }
}

/// Columns of a vector's four bytes.
pub fn columns(codes: &Codes) -> usize {
    if codes.bits <= 4 { 8 } else { 4 }
}
