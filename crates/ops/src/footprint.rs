//! What a backend takes for what it is asked to hold, known without one: estimates are made on machines that may not have
//! it. Each backend has a row; a suite holds the rows to what backends really take.

use crate::{Buf, Error, Kind, Recording, backend::share};

pub struct Footprint {
    /// The backend's name.
    pub name: &'static str,
    /// Bytes of a plain buffer of so many numbers.
    pub buffer: fn(Kind, usize) -> u64,
    /// Bytes of a weight's matrix, [rows, columns].
    pub matrix: fn(Kind, [usize; 2]) -> Result<u64, Error>,
    /// Bytes of a recording made ready, without the buffers that are bound to it.
    pub ready: fn(&Recording, &[Buf]) -> Result<u64, Error>,
}

/// The twins have everything as files have it, in whole words.
pub static PLAIN: Footprint = Footprint {
    name: "reference",
    buffer: words,
    matrix: |kind, [rows, cols]| Ok(words(kind, rows * cols)),
    ready: |rec, bound| PLAIN.unbound(rec, bound),
};

fn words(kind: Kind, len: usize) -> u64 {
    kind.bytes_of(len).next_multiple_of(4) as u64
}

impl Footprint {
    /// Bytes of the buffers that are made when these are bound: temporaries that share memory are counted once.
    pub fn unbound(&self, rec: &Recording, bound: &[Buf]) -> Result<u64, Error> {
        let (shared, mut counted) = (share(rec), vec![false; rec.bufs.len()]);
        let mut all = 0;
        for (i, def) in rec.bufs.iter().enumerate() {
            if bound.contains(&Buf(i as u32)) {
                continue;
            }
            all += match (def.cols, shared[i]) {
                (0, None) => (self.buffer)(def.kind, def.len),
                (0, Some((at, _))) if std::mem::replace(&mut counted[at], true) => 0,
                (0, Some((_, len))) => (self.buffer)(def.kind, len),
                (cols, _) => (self.matrix)(def.kind, [def.len / cols, cols])?,
            };
        }
        Ok(all)
    }
}
