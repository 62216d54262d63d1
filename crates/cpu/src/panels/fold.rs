//! Codes of 2, 3, 5 and 6 bits, folded into bytes that they fill: most lie where they will be, the others in pieces in the
//! bits that those leave.
//!
//! A fold takes some vectors of codes as `wide` has them and makes fewer of them. All bytes of a vector are treated alike,
//! and each piece comes back by a shift to the right and a mask.

use super::wide::VECTOR;
use crate::lanes::Lanes;

/// Vectors that a fold makes at most.
pub const MOST_CLOSE: usize = 5;

/// Where some bits of a vector lie: in which one of the folded, by how much above their place; `mask` has them in place.
/// None where the mask is empty.
#[derive(Clone, Copy)]
pub struct Piece {
    pub of: usize,
    pub by: u32,
    pub mask: u8,
}

pub struct Fold {
    /// Vectors before and after.
    pub wide: usize,
    pub close: usize,
    /// The pieces of each vector.
    pub pieces: [[Piece; 3]; 8],
}

/// Bytes are two codes; the second byte's lie between the first's.
const TWO: Fold = fold(1, [lies(0, 0x33), [piece(0, 2, 0x33), NONE, NONE]]);

/// Bytes are two codes; three leave a bit above each of theirs, and those are the fourth's.
const THREE: Fold =
    fold(3, [lies(0, 0x77), lies(1, 0x77), lies(2, 0x77), [piece(0, 3, 0x11), piece(1, 2, 0x22), piece(2, 1, 0x44)]]);

/// Four leave three bits, the upper ones of four others, whose lower two share a fifth.
const FIVE: Fold = fold(
    5,
    [
        lies(0, 0x1f),
        lies(1, 0x1f),
        lies(2, 0x1f),
        lies(3, 0x1f),
        [piece(0, 3, 0x1c), piece(4, 0, 0x03), NONE],
        [piece(1, 3, 0x1c), piece(4, 2, 0x03), NONE],
        [piece(2, 3, 0x1c), piece(4, 4, 0x03), NONE],
        [piece(3, 3, 0x1c), piece(4, 6, 0x03), NONE],
    ],
);

/// Three leave two bits, and those are the fourth's.
const SIX: Fold =
    fold(3, [lies(0, 0x3f), lies(1, 0x3f), lies(2, 0x3f), [piece(0, 6, 0x03), piece(1, 4, 0x0c), piece(2, 2, 0x30)]]);

/// Codes of 4 and of 8 bits fill their bytes.
const FULL: Fold = fold(1, [lies(0, 0xff)]);

const NONE: Piece = piece(0, 0, 0);

const fn piece(of: usize, by: u32, mask: u8) -> Piece {
    Piece { of, by, mask }
}

/// A vector that lies where it will be.
const fn lies(of: usize, mask: u8) -> [Piece; 3] {
    [piece(of, 0, mask), NONE, NONE]
}

const fn fold<const WIDE: usize>(close: usize, some: [[Piece; 3]; WIDE]) -> Fold {
    let mut pieces = [[NONE; 3]; 8];
    let mut i = 0;
    while i < WIDE {
        pieces[i] = some[i];
        i += 1;
    }
    Fold { wide: WIDE, close, pieces }
}

impl Fold {
    /// Of codes of so many bits.
    pub const fn of(bits: u32) -> &'static Fold {
        match bits {
            2 => &TWO,
            3 => &THREE,
            5 => &FIVE,
            6 => &SIX,
            _ => &FULL,
        }
    }

    /// Folded vectors.
    #[inline(always)]
    pub fn load<L: Lanes>(&self, from: &[u8]) -> [L::B; MOST_CLOSE] {
        let mut close = [L::bytes(from); MOST_CLOSE];
        for (i, close) in close.iter_mut().enumerate().take(self.close) {
            *close = L::bytes(&from[i * VECTOR..]);
        }
        close
    }

    /// Vector `i`, back from the folded.
    #[inline(always)]
    pub fn vector<L: Lanes>(&self, close: &[L::B; MOST_CLOSE], i: usize) -> L::B {
        let [first, more @ ..] = self.pieces[i];
        let mut vector = L::part(close[first.of], first.by, first.mask);
        for p in more {
            if p.mask != 0 {
                vector = L::join(vector, L::part(close[p.of], p.by, p.mask));
            }
        }
        vector
    }

    /// Four bytes of each vector, folded.
    pub fn fold(&self, wide: &[u32]) -> [u32; MOST_CLOSE] {
        let mut close = [0; MOST_CLOSE];
        for (word, pieces) in wide.iter().zip(&self.pieces) {
            for p in pieces {
                close[p.of] |= (word & p.four()) << p.by;
            }
        }
        close
    }

    /// Four bytes of vector `i`, likewise.
    pub fn unfold(&self, close: &[u32], i: usize) -> u32 {
        self.pieces[i].iter().fold(0, |word, p| word | close[p.of] >> p.by & p.four())
    }
}

impl Piece {
    /// The mask for four bytes at once.
    fn four(&self) -> u32 {
        u32::from_ne_bytes([self.mask; 4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code comes back whatever the others are, no bit lies in two places, and shifts of two bytes at once, which is
    /// what instruction sets have, bring nothing of a neighbour into a mask.
    #[test]
    fn what_is_folded_comes_back() {
        for (bits, two) in [(2, true), (3, true), (4, true), (5, false), (6, false), (8, false)] {
            let (fold, code) = (Fold::of(bits), ((1u32 << bits) - 1) as u8);
            let all = if two { code | code << 4 } else { code };
            let mut taken = [0u8; MOST_CLOSE];
            for (i, pieces) in fold.pieces.iter().enumerate() {
                let mut whole = 0;
                for p in pieces {
                    assert!(p.mask as u32 & !(0xff >> p.by) == 0, "{bits} bits: a neighbour comes in");
                    assert!(
                        whole & p.mask == 0 && taken[p.of] & p.mask << p.by == 0,
                        "{bits} bits: a place is taken twice"
                    );
                    whole |= p.mask;
                    taken[p.of] |= p.mask << p.by;
                }
                assert_eq!(whole, if i < fold.wide { all } else { 0 }, "{bits} bits: vector {i}");
            }
            assert!(fold.close <= MOST_CLOSE && taken[fold.close..].iter().all(|bits| *bits == 0));
            for seed in 0..200u32 {
                let word =
                    |i: usize| (seed * 8 + i as u32 + 1).wrapping_mul(0x9e37_79b1) & u32::from_ne_bytes([all; 4]);
                let wide: Vec<u32> = (0..fold.wide).map(word).collect();
                let close = fold.fold(&wide);
                let back: Vec<u32> = (0..fold.wide).map(|i| fold.unfold(&close, i)).collect();
                assert_eq!(back, wide, "{bits} bits");
            }
        }
    }
}
