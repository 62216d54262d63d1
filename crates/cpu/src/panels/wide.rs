//! A panel as tiles read it. For every run of 16 or 32 columns: the codes as `[columns / 4][8 rows][4 columns]`, so that one
//! broadcast of four activations meets four codes in each lane, then eight scales, then eight mins where the format has
//! them. Codes of up to 4 bits are nibbles: a byte holds a code of one group of four columns low and of the next group
//! high. Others take a byte. Codes below 8 bits have no sign, because that is what byte dot products want of one side; the
//! format's offset is taken off the sum instead. Codes of 8 bits have one, and are multiplied in 16 bits: two columns
//! together, `[columns / 2][8 rows][2 columns]`.

use super::close::{Close, REALS, Shaped};
use super::fold::Fold;
use crate::lanes::{Body, LANES, Lanes};
use squint_ops::{Codes, Kind};

/// Bytes of a vector: four of each row.
pub const VECTOR: usize = 4 * LANES;

/// Bytes of one run's codes, and of the run as a whole.
pub fn stretch(codes: &Codes) -> (usize, usize) {
    let bytes = codes.run * LANES / if codes.bits <= 4 { 2 } else { 1 };
    (bytes, bytes + REALS + if codes.min { REALS } else { 0 })
}

/// Brings a panel that lies closer into this form. The scales are products of what lies there, rounded once, as the format's
/// own unpacking has them.
pub struct Widen<'a> {
    pub close: &'a Close,
    pub panel: &'a [u8],
    pub to: &'a mut [f32],
}

impl Body for Widen<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        self.close.shape::<L>(self);
    }
}

impl Shaped for Widen<'_> {
    #[inline(always)]
    fn run<L: Lanes, const BITS: u32, const RUN: usize, const BLOCK: usize, const WHOLE: u32, const MIN: bool>(self) {
        let close = const { &Close::new(BITS, RUN, BLOCK, WHOLE, MIN) };
        debug_assert_eq!(close.bytes, self.close.bytes);
        let codes = RUN * LANES / if BITS <= 4 { 2 } else { 1 };
        let whole = codes + REALS * (1 + MIN as usize);
        let blocks = self.to.chunks_exact_mut(close.runs * whole / 4);
        for (from, to) in self.panel.chunks_exact(close.bytes).zip(blocks) {
            unfold::<L, BITS>(&from[..close.steps], bytemuck::cast_slice_mut(to), [codes, whole]);
            for (run, to) in to.chunks_exact_mut(whole / 4).enumerate() {
                let (scale, min) = close.scales::<L>(from, run);
                L::store(scale, &mut to[codes / 4..]);
                if MIN {
                    L::store(min, &mut to[codes / 4 + LANES..]);
                }
            }
        }
    }
}

/// A block's codes into its runs.
#[inline(always)]
fn unfold<L: Lanes, const BITS: u32>(from: &[u8], to: &mut [u8], [codes, whole]: [usize; 2]) {
    let fold = const { Fold::of(BITS) };
    // As many runs as whole folds make.
    let folds = (codes / VECTOR / fold.wide).max(1);
    let runs = folds * fold.wide * VECTOR / codes;
    for (from, to) in from.chunks_exact(folds * fold.close * VECTOR).zip(to.chunks_exact_mut(runs * whole)) {
        for n in 0..folds {
            let close = fold.load::<L>(&from[n * fold.close * VECTOR..]);
            for i in 0..fold.wide {
                let at = (n * fold.wide + i) * VECTOR;
                L::keep(fold.vector::<L>(&close, i), &mut to[at / codes * whole + at % codes..]);
            }
        }
    }
}

/// A panel as f32, `[column][8 rows]`.
pub struct Unpack<'a> {
    pub kind: Kind,
    pub panel: &'a [u8],
    pub to: &'a mut [f32],
}

impl Body for Unpack<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.kind.codes {
            Some(codes) => self.codes::<L>(codes),
            None if self.kind == Kind::F16 => {
                for (from, to) in self.panel.chunks_exact(2 * LANES).zip(self.to.chunks_exact_mut(LANES)) {
                    L::store(L::halves(from), to);
                }
            }
            None if self.kind == Kind::BF16 => {
                for (from, to) in self.panel.chunks_exact(2 * LANES).zip(self.to.chunks_exact_mut(LANES)) {
                    L::store(L::uppers(from), to);
                }
            }
            None => {
                for (from, to) in self.panel.chunks_exact(4 * LANES).zip(self.to.chunks_exact_mut(LANES)) {
                    L::store(L::reals(from), to);
                }
            }
        }
    }
}

impl Unpack<'_> {
    /// Multiplies and adds in two roundings, as the formats' own unpacking does.
    #[inline(always)]
    fn codes<L: Lanes>(self, codes: &Codes) {
        let (code_bytes, whole) = stretch(codes);
        for (run, to) in self.panel.chunks_exact(whole).zip(self.to.chunks_exact_mut(codes.run * LANES)) {
            let scale = L::reals(&run[code_bytes..]);
            let min = if codes.min { L::reals(&run[code_bytes + REALS..]) } else { L::splat(0.0) };
            let line = Line::<L> { scale, min, offset: L::splat(codes.offset as f32) };
            let run = &run[..code_bytes];
            if codes.bits <= 4 {
                for (from, to) in run.chunks_exact(32).zip(to.chunks_exact_mut(8 * LANES)) {
                    let (low, high) = L::nibbles(L::bytes(from));
                    line.four(low, to);
                    line.four(high, &mut to[4 * LANES..]);
                }
            } else if codes.bits < 8 {
                for (from, to) in run.chunks_exact(32).zip(to.chunks_exact_mut(4 * LANES)) {
                    line.four(L::bytes(from), to);
                }
            } else {
                for (from, to) in run.chunks_exact(16).zip(to.chunks_exact_mut(2 * LANES)) {
                    line.two(L::wide(from), to);
                }
            }
        }
    }
}

struct Line<L: Lanes> {
    scale: L::V,
    min: L::V,
    offset: L::V,
}

impl<L: Lanes> Line<L> {
    #[inline(always)]
    fn number(&self, code: L::V) -> L::V {
        L::add(L::mul(self.scale, L::sub(code, self.offset)), self.min)
    }

    /// Two columns.
    #[inline(always)]
    fn two(&self, w: L::W, to: &mut [f32]) {
        for (one, to) in [[1, 0], [0, 1]].iter().zip(to.chunks_exact_mut(LANES)) {
            L::store(self.number(L::whole(L::dot(L::nothing(), w, L::pair(one)))), to);
        }
    }

    /// Four columns.
    #[inline(always)]
    fn four(&self, b: L::B, to: &mut [f32]) {
        L::store(self.number(L::byte::<0>(b)), &mut to[..LANES]);
        L::store(self.number(L::byte::<1>(b)), &mut to[LANES..]);
        L::store(self.number(L::byte::<2>(b)), &mut to[2 * LANES..]);
        L::store(self.number(L::byte::<3>(b)), &mut to[3 * LANES..]);
    }
}
