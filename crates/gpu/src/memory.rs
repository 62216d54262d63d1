//! Buffers on the GPU: one per tensor, or several with some of its rows each where a tensor is larger than a shader may
//! bind.

use crate::{device::Device, layout};
use squint_ops::{Entry, Error, Handle, Kind, Ledger};
use std::{cell::Cell, ops::Range, rc::Rc};

/// Bytes handed to the queue at a time, and bytes after which it is told to go ahead: until then it keeps copies.
const PIECE: usize = 1 << 20;
const FLUSH: u64 = 16 << 20;

/// What is held, and bytes written since the queue was last told to go ahead.
#[derive(Default)]
pub struct Meter {
    pub ledger: Rc<Ledger>,
    waiting: Cell<u64>,
}

pub struct Memory {
    pub shards: Vec<Shard>,
    meter: Rc<Meter>,
}

/// A buffer that counts itself, and goes when it is dropped: a browser would keep it until it collects garbage.
pub struct Counted {
    pub buffer: wgpu::Buffer,
    _held: Entry,
}

impl Counted {
    pub fn new(device: &Device, meter: &Rc<Meter>, bytes: usize, usage: wgpu::BufferUsages) -> Counted {
        let buffer = device.buffer(bytes, usage);
        let held = meter.ledger.enter(buffer.size());
        Counted { buffer, _held: held }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // What was submitted still sees it.
        self.buffer.destroy();
    }
}

/// Rows of each buffer of a matrix: as many as `most` bytes have room for.
pub fn cut(kind: Kind, [rows, cols]: [usize; 2], most: u64) -> Result<Vec<Range<usize>>, Error> {
    let row = layout::size(kind, cols);
    let fit = (most as usize).checked_div(row).unwrap_or(rows);
    // Two rows are whole words in every format, 32 are whole tiles.
    let unit = if fit >= 32 { 32 } else { 2 };
    let each = if fit >= rows { rows } else { fit / unit * unit };
    if row.checked_mul(rows).is_none() || each == 0 && rows > 0 {
        return Err(Error::new(
            "gpu_size",
            format!("{rows} × {cols} numbers of {kind:?} have rows of {row} bytes, this GPU binds {most}"),
            "choose the cpu backend, or a smaller model or input",
        ));
    }
    let firsts = (0..rows.max(1)).step_by(each.max(1));
    Ok(firsts.map(|first| first..rows.min(first + each)).collect())
}

/// A buffer with some rows of a matrix, or all of anything else.
pub struct Shard {
    held: Counted,
    /// Its first row, and how many.
    pub first: usize,
    pub rows: usize,
    /// Where its bytes lie in the whole, counted as the GPU has them.
    start: usize,
    end: usize,
}

impl Shard {
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.held.buffer
    }
}

impl Memory {
    /// `rows` rows of `cols` numbers, in as many buffers as `most` bytes each make necessary.
    pub fn new(
        device: &Device,
        meter: &Rc<Meter>,
        kind: Kind,
        [rows, cols]: [usize; 2],
        most: u64,
    ) -> Result<Memory, Error> {
        let row = layout::size(kind, cols);
        let mut memory = Memory { shards: vec![], meter: meter.clone() };
        for rows in cut(kind, [rows, cols], most)? {
            let (start, end) = (rows.start * row, rows.end * row);
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
            let held = Counted::new(device, meter, end - start, usage);
            memory.shards.push(Shard { held, first: rows.start, rows: rows.len(), start, end });
        }
        device.check()?;
        Ok(memory)
    }

    /// Bytes of a tensor from byte `at` on, both in whole blocks, piece by piece: no second copy of the whole exists.
    pub fn write(&self, device: &Device, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let kind = to.kind;
        // A plain format is written by words, a padded one by blocks.
        let unit = if layout::padded(kind).is_some() { kind.bytes } else { 4 };
        let fits = at.checked_add(bytes.len()).is_some_and(|end| end <= to.bytes());
        if !at.is_multiple_of(unit) || !fits || unit != 4 && !bytes.len().is_multiple_of(unit) {
            return Err(Error::bug(format!(
                "{} bytes at {at} do not fit into {} of {kind:?}",
                bytes.len(),
                to.bytes()
            )));
        }
        for (n, piece) in bytes.chunks(PIECE / unit * unit).enumerate() {
            let at = at + n * (PIECE / unit * unit);
            let at = if unit == 4 { at } else { at / kind.bytes * layout::pitch(kind) };
            let piece = layout::spread(kind, piece);
            for shard in &self.shards {
                let (from, to) = (at.max(shard.start), (at + piece.len()).min(shard.end));
                if from < to {
                    put(device, shard.buffer(), from - shard.start, &piece[from - at..to - at]);
                }
            }
            self.meter.waiting.set(self.meter.waiting.get() + piece.len() as u64);
            if self.meter.waiting.get() >= FLUSH {
                device.queue.submit([]);
                self.meter.waiting.set(0);
            }
        }
        Ok(())
    }

    /// The only buffer of a tensor that steps may write or a caller read.
    pub fn whole(&self) -> Result<&wgpu::Buffer, Error> {
        match self.shards.as_slice() {
            [one] => Ok(one.buffer()),
            many => {
                Err(Error::bug(format!("a tensor in {} shards was used where only a weight may be cut", many.len())))
            }
        }
    }
}

/// The queue takes whole words; the last may be filled up, since buffers are.
fn put(device: &Device, buffer: &wgpu::Buffer, at: usize, bytes: &[u8]) {
    let whole = bytes.len() / 4 * 4;
    device.queue.write_buffer(buffer, at as u64, &bytes[..whole]);
    if whole < bytes.len() {
        let mut last = [0; 4];
        last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
        device.queue.write_buffer(buffer, (at + whole) as u64, &last);
    }
}
