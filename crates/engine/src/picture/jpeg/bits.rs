//! The bits of a scan, from the highest of each byte. A zero behind 0xFF is stuffing; a marker ends them.

use super::Fault;

pub struct Bits<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// Bits that wait, from the top; zeros below them.
    word: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Bits<'a> {
        Bits { bytes, at, word: 0, count: 0 }
    }

    /// Bits before a marker that complete a byte say nothing.
    pub fn drop_rest(&mut self) {
        (self.word, self.count) = (0, 0);
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            let mut next = self.at + 1;
            if byte == 0xFF {
                // Fillers may stand before stuffing, too.
                while self.bytes.get(next) == Some(&0xFF) {
                    next += 1;
                }
                if self.bytes.get(next) != Some(&0) {
                    return;
                }
                next += 1;
            }
            self.at = next;
            self.word |= (byte as u64) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next sixteen, with zeros behind the end.
    pub fn peek(&mut self) -> usize {
        if self.count < 16 {
            self.fill();
        }
        (self.word >> 48) as usize
    }

    /// At most sixteen that were looked at.
    pub fn skip(&mut self, count: u32) -> Result<(), Fault> {
        if count > self.count {
            let ends = self.bytes[self.at..].iter().all(|b| *b == 0xFF);
            return Err(if ends { Fault::Cut } else { Fault::Damaged("a scan ends too early") });
        }
        self.word <<= count;
        self.count -= count;
        Ok(())
    }

    /// At most sixteen.
    pub fn take(&mut self, count: u32) -> Result<u32, Fault> {
        let value = self.peek() as u32 >> (16 - count);
        self.skip(count)?;
        Ok(value)
    }

    /// A number of so many bits; those that begin with zero are below zero.
    pub fn signed(&mut self, count: u32) -> Result<i32, Fault> {
        let value = self.take(count)? as i32;
        let half = 1 << count >> 1;
        Ok(if value < half { value - 2 * half + 1 } else { value })
    }
}
