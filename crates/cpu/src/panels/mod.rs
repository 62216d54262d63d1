//! How a weight lies here: panels of eight rows, interleaved so that a lane of SIMD is an output and no sum runs across
//! lanes.
//!
//! Numbers (f32, f16, bf16): `[column][8 rows]`. Integers: blocks of as many columns as the format's have, `close`, whose
//! codes fill their bytes (`fold`), and whose scales are what they are in the file, a real for the block and a whole number
//! for each run. Tiles of several rows read a form of more bytes, `wide`: for Q4_0, Q4_1 and Q8_0 the same, for others made
//! of this one, a panel at a time. One row would pay for that alone, and meets panels as they lie.
//!
//! A row takes more than in the file by its reals, which are f32 here: 24 bytes for Q4_1's 20, 36 for Q8_0's 34. A test
//! below says how much.

mod close;
mod fold;
mod wide;

pub use close::{Close, Shaped};
pub use fold::Fold;
pub use wide::{VECTOR, stretch};

use crate::Isa;
use crate::lanes::{Body, LANES};
use squint_ops::{Error, Kind, Layout, MOST_BLOCK, Scales};
use wide::{Unpack, Widen};

#[derive(Clone, Copy)]
pub struct Panels {
    pub kind: Kind,
    pub rows: usize,
    pub cols: usize,
}

/// Room for a panel in the form that tiles read.
#[derive(Default)]
pub struct Room(Vec<f32>);

impl Room {
    /// So many numbers, the first on a cache line's boundary.
    fn of(&mut self, len: usize) -> &mut [f32] {
        const LINE: usize = 64;
        // Never less than before: what is added is filled with zeros first.
        self.0.resize(self.0.len().max(len + LINE / 4), 0.0);
        let start = self.0.as_ptr().align_offset(LINE).min(LINE / 4);
        &mut self.0[start..][..len]
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
            Some(codes) => self.cols / self.kind.block * Close::of(self.kind, codes).bytes,
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
        let close = Close::of(self.kind, codes);
        let (mut q, mut scales) = ([0; MOST_BLOCK], Scales::ONES);
        for (block, to) in row.chunks_exact(self.kind.bytes).zip(panel.chunks_exact_mut(close.bytes)) {
            (codes.read)(block, &mut q[..self.kind.block], &mut scales);
            close.put(lane, &q[..self.kind.block], &scales, to);
        }
    }

    /// How a block lies, if it is not as tiles read it.
    pub fn close(&self) -> Option<Close> {
        self.kind.codes.map(|codes| Close::of(self.kind, codes)).filter(|close| !close.is_wide())
    }

    /// A panel as tiles read it: itself, or brought into `room`.
    pub fn wide<'a>(&self, isa: Isa, panel: &'a [u8], room: &'a mut Room) -> &'a [u8] {
        let (Some(codes), Some(close)) = (self.kind.codes, self.close()) else { return panel };
        let to = room.of(self.cols / codes.run * stretch(codes).1 / 4);
        isa.run(Widen { close: &close, panel, to });
        bytemuck::cast_slice(to)
    }

    /// A panel, as tiles read it, as f32: `[column][8 rows]`.
    pub fn unpack<'a>(&self, wide: &'a [u8], to: &'a mut [f32]) -> impl Body<Out = ()> + use<'a> {
        Unpack { kind: self.kind, panel: wide, to }
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
        // The blocks that these numbers are in.
        let (close, block) = (Close::of(self.kind, codes), self.kind.block);
        let blocks = first / block..(first + len).div_ceil(block);
        let mut out = vec![0.0; blocks.len() * block];
        let panel = &panel[blocks.start * close.bytes..];
        for (from, to) in panel.chunks_exact(close.bytes).zip(out.chunks_exact_mut(block)) {
            close.get(codes, lane, from, to);
        }
        out.drain(..first - blocks.start * block);
        out.truncate(len);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use squint_ops::WEIGHTS;
    use squint_ops::case::Rng;

    /// Bytes here for each in the file. What a model takes is said beforehand, and the heap has a bar of 1.3 and 64 MB.
    const ROOM: [(Kind, f32); 14] = [
        (Kind::F32, 1.0),
        (Kind::F16, 1.0),
        (Kind::BF16, 1.0),
        (Kind::Q6_K, 1.01),
        (Kind::TQ2_0, 1.04),
        (Kind::Q2_K, 1.05),
        (Kind::Q5_K, 1.05),
        (Kind::Q3_K, 1.06),
        (Kind::Q4_K, 1.06),
        (Kind::Q8_0, 1.06),
        (Kind::Q5_0, 1.1),
        (Kind::Q4_0, 1.12),
        (Kind::Q5_1, 1.17),
        (Kind::Q4_1, 1.2),
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
        for &kind in WEIGHTS {
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
                let (mut panel, mut room) = (vec![0.0; cols * LANES], Room::default());
                let wide = panels.wide(isa, &all[panels.panel()..][..panels.panel()], &mut room);
                isa.run(panels.unpack(wide, &mut panel));
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
