//! How a weight lies here: panels of eight rows, interleaved so that a lane of SIMD is an output and no sum runs across
//! lanes.
//!
//! Numbers (f32, f16, bf16): `[column][8 rows]`. Integers: for every run of 16 or 32 columns with one scale, the codes as
//! `[columns / 4][8 rows][4 columns]`, so that one broadcast of four activations meets four codes in each lane, then
//! eight f32 scales, then eight mins where the format has them. Codes of up to 4 bits stay nibbles: a byte holds a code
//! of one group of four columns low and of the next group high. Others take a byte. Codes below 8 bits are kept without
//! sign, because that is what byte dot products want of one side; the format's offset is taken off the sum instead.
//! Codes of 8 bits have one, and are multiplied in 16 bits: two columns together, `[columns / 2][8 rows][2 columns]`.
//!
//! A row takes more than in the file: 24 bytes for Q4_1's 20, 36 for Q8_0's 34. Formats whose codes have five or six bits
//! take a byte for each here, and the K-quants' scales, in the file whole numbers of a few bits that share a real one, are
//! reals of their own: byte dot products and one multiplication a run are what they buy. A test below says how much.

use crate::lanes::{Body, LANES, Lanes};
use squint_ops::{Codes, Error, Kind, Layout, MOST_BLOCK};

#[derive(Clone, Copy)]
pub struct Panels {
    pub kind: Kind,
    pub rows: usize,
    pub cols: usize,
}

/// Bytes of eight f32.
const REALS: usize = 4 * LANES;

/// Bytes of one run's codes, and of the run as a whole.
pub fn stretch(codes: &Codes) -> (usize, usize) {
    let bytes = codes.run * LANES / if codes.bits <= 4 { 2 } else { 1 };
    (bytes, bytes + REALS + if codes.min { REALS } else { 0 })
}

/// Byte and shift of a lane's column in a run's codes.
fn place(codes: &Codes, lane: usize, col: usize) -> (usize, u32) {
    if codes.bits <= 4 {
        (col / 8 * 32 + lane * 4 + col % 4, (col / 4 % 2 * 4) as u32)
    } else if codes.bits < 8 {
        (col / 4 * 32 + lane * 4 + col % 4, 0)
    } else {
        (col / 2 * 16 + lane * 2 + col % 2, 0)
    }
}

impl Panels {
    pub fn new(kind: Kind, rows: usize, cols: usize) -> Result<Panels, Error> {
        if cols == 0 || !cols.is_multiple_of(kind.block) {
            return Err(Error::new(
                "shape",
                format!("rows of {cols} numbers are no whole blocks of {kind:?}, which have {}", kind.block),
                "store this tensor in a format whose blocks fit its rows, such as f16",
            ));
        }
        Ok(Panels { kind, rows, cols })
    }

    pub fn count(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Bytes of one panel.
    pub fn panel(&self) -> usize {
        match self.kind.codes {
            Some(codes) => self.cols / codes.run * stretch(codes).1,
            None => self.cols * LANES * self.kind.bytes,
        }
    }

    pub fn bytes(&self) -> usize {
        self.count() * self.panel()
    }

    /// Whole rows of the format's own bytes into `all`, the first at byte `at` of the weight as the file has it.
    pub fn write(&self, all: &mut [u8], at: usize, bytes: &[u8]) -> Result<(), Error> {
        let row = self.kind.bytes_of(self.cols);
        if !at.is_multiple_of(row) || !bytes.len().is_multiple_of(row) || at + bytes.len() > self.rows * row {
            return Err(Error::bug(format!(
                "{} bytes at {at} are no whole rows of {row} bytes, or more than {}",
                bytes.len(),
                self.rows
            )));
        }
        for (i, bytes) in bytes.chunks_exact(row).enumerate() {
            let r = at / row + i;
            self.put(&mut all[r / LANES * self.panel()..][..self.panel()], r % LANES, bytes);
        }
        Ok(())
    }

    /// One row into its lane of a panel.
    pub fn put(&self, panel: &mut [u8], lane: usize, row: &[u8]) {
        let Some(codes) = self.kind.codes else {
            let n = self.kind.bytes;
            for (number, column) in row.chunks_exact(n).zip(panel.chunks_exact_mut(n * LANES)) {
                column[lane * n..][..n].copy_from_slice(number);
            }
            return;
        };
        let (code_bytes, whole) = stretch(codes);
        let (mut q, mut scales, mut mins) = ([0; MOST_BLOCK], [0.0; MOST_BLOCK / 16], [0.0; MOST_BLOCK / 16]);
        let (n, runs) = (self.kind.block, self.kind.block / codes.run);
        for (block, to) in row.chunks_exact(self.kind.bytes).zip(panel.chunks_exact_mut(whole * runs)) {
            (codes.read)(block, &mut q[..n], &mut scales[..runs], &mut mins[..runs]);
            for (i, to) in to.chunks_exact_mut(whole).enumerate() {
                for (col, &code) in q[i * codes.run..][..codes.run].iter().enumerate() {
                    let (byte, shift) = place(codes, lane, col);
                    if codes.bits <= 4 {
                        to[byte] = to[byte] & (0xf0 >> shift) | code << shift;
                    } else {
                        to[byte] = code;
                    }
                }
                to[code_bytes + 4 * lane..][..4].copy_from_slice(&scales[i].to_le_bytes());
                if codes.min {
                    to[code_bytes + REALS + 4 * lane..][..4].copy_from_slice(&mins[i].to_le_bytes());
                }
            }
        }
    }

    /// A panel as f32, `[column][8 rows]`.
    pub fn unpack<'a>(&'a self, panel: &'a [u8], to: &'a mut [f32]) -> impl Body<Out = ()> + 'a {
        Unpack { of: self, panel, to }
    }
}

impl Layout for Panels {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn row(&self, bytes: &[u8], start: usize, len: usize) -> Result<Vec<f32>, Error> {
        let (row, first) = (start / self.cols, start % self.cols);
        if row >= self.rows || first + len > self.cols {
            return Err(Error::bug(format!(
                "{len} numbers from {start} on are no part of one of {} rows of {}",
                self.rows, self.cols
            )));
        }
        let (panel, lane) = (&bytes[row / LANES * self.panel()..][..self.panel()], row % LANES);
        let Some(codes) = self.kind.codes else {
            let n = self.kind.bytes;
            let number = |c: usize| self.kind.unpack_all(&panel[(c * LANES + lane) * n..][..n])[0];
            return Ok((first..first + len).map(number).collect());
        };
        let (code_bytes, whole) = stretch(codes);
        let real = |at: &[u8]| f32::from_le_bytes(std::array::from_fn(|i| at[4 * lane + i]));
        let mut out = vec![0.0; len];
        let mut done = 0;
        while done < len {
            // The rest of one run.
            let (run, from) = ((first + done) / codes.run, (first + done) % codes.run);
            let n = (codes.run - from).min(len - done);
            let run = &panel[run * whole..][..whole];
            let min = if codes.min { real(&run[code_bytes + REALS..]) } else { 0.0 };
            let scale = real(&run[code_bytes..]);
            for (i, v) in out[done..done + n].iter_mut().enumerate() {
                let (byte, shift) = place(codes, lane, from + i);
                let code = if codes.bits <= 4 { run[byte] >> shift & 15 } else { run[byte] };
                *v = codes.number(code, scale, min);
            }
            done += n;
        }
        Ok(out)
    }
}

struct Unpack<'a> {
    of: &'a Panels,
    panel: &'a [u8],
    to: &'a mut [f32],
}

impl Body for Unpack<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.of.kind.codes {
            Some(codes) => self.codes::<L>(codes),
            None if self.of.kind == Kind::F16 => {
                for (from, to) in self.panel.chunks_exact(2 * LANES).zip(self.to.chunks_exact_mut(LANES)) {
                    L::store(L::halves(from), to);
                }
            }
            None if self.of.kind == Kind::BF16 => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use squint_ops::case::Rng;

    const KINDS: [Kind; 14] = [
        Kind::F32,
        Kind::F16,
        Kind::BF16,
        Kind::Q8_0,
        Kind::Q4_0,
        Kind::Q4_1,
        Kind::Q5_0,
        Kind::Q5_1,
        Kind::Q2_K,
        Kind::Q3_K,
        Kind::Q4_K,
        Kind::Q5_K,
        Kind::Q6_K,
        Kind::TQ2_0,
    ];

    /// Bytes here for each in the file. What a model takes is said beforehand, and the heap has a bar of 1.3 and 64 MB: those
    /// above it hold for small models only.
    const ROOM: [(Kind, f32); 14] = [
        (Kind::F32, 1.0),
        (Kind::F16, 1.0),
        (Kind::BF16, 1.0),
        (Kind::Q8_0, 1.06),
        (Kind::Q4_0, 1.12),
        (Kind::Q4_1, 1.2),
        (Kind::Q4_K, 1.34),
        (Kind::Q6_K, 1.53),
        (Kind::Q5_0, 1.64),
        (Kind::Q5_1, 1.67),
        (Kind::Q3_K, 1.75),
        (Kind::Q5_K, 1.82),
        (Kind::TQ2_0, 2.43),
        (Kind::Q2_K, 3.05),
    ];

    #[test]
    fn panels_take_the_room_they_are_said_to() {
        for (kind, room) in ROOM {
            let took = Panels::new(kind, 8, 256).unwrap().bytes() as f32 / kind.bytes_of(8 * 256) as f32;
            assert!((room - 0.02..=room).contains(&took), "{kind:?} takes {took} times what it has in the file");
        }
    }

    /// Rows arrive in chunks that end within panels, and come back as the format's own unpacking has them.
    #[test]
    fn rows_come_back_as_they_went_in() {
        for kind in KINDS {
            let (rows, cols, mut rng) = (19, 512, Rng::new(4));
            let values: Vec<f32> = (0..rows * cols).map(|_| rng.number()).collect();
            let (bytes, row) = (kind.pack_all(&values), kind.bytes_of(cols));
            let panels = Panels::new(kind, rows, cols).unwrap();
            let mut all = vec![0; panels.bytes()];
            for (from, to) in [(0, 3), (3, 4), (4, 17), (17, 19)] {
                panels.write(&mut all, from * row, &bytes[from * row..to * row]).unwrap();
            }
            let want = kind.unpack_all(&bytes);
            for r in 0..rows {
                assert_eq!(panels.row(&all, r * cols, cols).unwrap(), want[r * cols..][..cols], "{kind:?} row {r}");
            }
            assert_eq!(panels.row(&all, 2 * cols + 256, 200).unwrap(), want[2 * cols + 256..][..200]);
            for isa in Isa::available() {
                let mut panel = vec![0.0; cols * LANES];
                isa.run(panels.unpack(&all[panels.panel()..][..panels.panel()], &mut panel));
                let there = (0..LANES * cols).all(|i| panel[i % cols * LANES + i / cols] == want[LANES * cols + i]);
                assert!(there, "{kind:?} on {}", isa.name());
            }
            assert!(panels.write(&mut all, 1, &bytes[..row]).is_err());
            assert!(panels.write(&mut all, 0, &bytes[..row - 1]).is_err());
            assert!(panels.write(&mut all, 18 * row, &bytes[..2 * row]).is_err());
        }
        assert_eq!(Panels::new(Kind::Q4_K, 8, 576).map(drop).unwrap_err().code, "shape");
    }
}
