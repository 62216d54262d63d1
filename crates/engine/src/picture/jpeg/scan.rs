//! A pass over the blocks of some components, and what is remembered from block to block.

use super::bits::Bits;
use super::frame::{Block, Frame};
use super::huffman::Huffman;
use super::marker::{Headers, marker};
use super::{Fault, progressive, sequential};
use crate::picture::pace::Pace;

pub struct Scan {
    parts: Vec<Part>,
    /// Coefficients, in zigzag, from and to which it tells something.
    from: usize,
    to: usize,
    /// The lowest bit it tells, and whether higher ones were told before.
    low: u32,
    again: bool,
}

struct Part {
    component: usize,
    dc: usize,
    ac: usize,
}

/// The codes of a component.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    pub dc: &'a Huffman,
    pub ac: &'a Huffman,
    /// Its place among the components.
    component: usize,
}

pub struct Coder<'a> {
    pub bits: Bits<'a>,
    pub from: usize,
    pub to: usize,
    pub low: u32,
    /// Blocks that have nothing more, this one among them.
    pub ended: u32,
    /// The first coefficient of each component's last block.
    last: [i16; 4],
}

impl Coder<'_> {
    /// The first coefficient is told as a difference.
    pub fn dc(&mut self, codes: Codes) -> Result<i16, Fault> {
        let long = codes.dc.read(&mut self.bits)? as u32;
        if long > 15 {
            return Err(Fault::Damaged("a table of codes is wrong"));
        }
        let last = &mut self.last[codes.component];
        *last = last.wrapping_add(self.bits.signed(long)? as i16);
        Ok(*last)
    }

    /// Behind a restart's marker nothing is known of what was before it.
    fn restart(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.bits.drop_rest();
        (self.ended, self.last) = (0, [0; 4]);
        match marker(bytes, &mut self.bits.at)? {
            0xD0..=0xD7 => Ok(()),
            _ => Err(Fault::Damaged("a scan ends too early")),
        }
    }
}

type Step = fn(&mut Coder, Codes, &mut Block) -> Result<(), Fault>;

impl Scan {
    pub fn header(body: &[u8], frame: &Frame) -> Result<Scan, Fault> {
        const BAD: Fault = Fault::Damaged("the header of a scan is wrong");
        let [count, rest @ ..] = body else { return Err(BAD) };
        let count = *count as usize;
        let (Some(parts), Some(&[from, to, bits])) = (rest.get(..2 * count), rest.get(2 * count..)) else {
            return Err(BAD);
        };
        let part = |p: &[u8]| {
            let component = frame.components.iter().position(|c| c.id == p[0])?;
            let (dc, ac) = ((p[1] >> 4) as usize, (p[1] & 15) as usize);
            (dc < 4 && ac < 4).then_some(Part { component, dc, ac })
        };
        let parts: Vec<_> = parts.chunks_exact(2).map(part).collect::<Option<_>>().ok_or(BAD)?;
        let twice = |i: usize| parts[..i].iter().any(|p| p.component == parts[i].component);
        if parts.is_empty() || (0..parts.len()).any(twice) {
            return Err(BAD);
        }
        let (high, low) = (bits as u32 >> 4, bits as u32 & 15);
        let (from, to) = (from as usize, to as usize);
        if frame.progressive {
            let spans = if from == 0 { to == 0 } else { from <= to && to < 64 && parts.len() == 1 };
            if !spans || low > 13 || high > 0 && high != low + 1 {
                return Err(BAD);
            }
        }
        Ok(Scan { parts, from, to, low, again: high > 0 })
    }

    fn step(&self, frame: &Frame) -> Step {
        match (frame.progressive, self.from, self.again) {
            (false, ..) => sequential::whole,
            (true, 0, false) => progressive::dc_first,
            (true, 0, true) => progressive::dc_more,
            (true, _, false) => progressive::ac_first,
            (true, _, true) => progressive::ac_more,
        }
    }

    /// Says where it ended.
    pub async fn read(
        &self,
        frame: &mut Frame,
        headers: &Headers,
        (bytes, at): (&[u8], usize),
        pace: &mut Pace<'_>,
    ) -> Result<usize, Fault> {
        let step = self.step(frame);
        for part in &self.parts {
            frame.components[part.component].begin(headers)?;
        }
        let codes = |p: &Part| Codes { dc: &headers.dc[p.dc], ac: &headers.ac[p.ac], component: p.component };
        let codes: Vec<_> = self.parts.iter().map(codes).collect();
        // Of a component alone, a unit is a block, and there are none beside the picture.
        let alone = self.parts.len() == 1;
        let units = if alone { frame.components[self.parts[0].component].needed() } else { frame.units };
        let mut coder =
            Coder { bits: Bits::new(bytes, at), from: self.from, to: self.to, low: self.low, ended: 0, last: [0; 4] };
        let mut left = headers.interval;
        for unit in 0..units.rows() {
            if headers.interval > 0 {
                if left == 0 {
                    coder.restart(bytes)?;
                    left = headers.interval;
                }
                left -= 1;
            }
            let (top, side) = (unit / units.width, unit % units.width);
            if side == 0 {
                pace.rest().await;
            }
            for codes in &codes {
                let component = &mut frame.components[codes.component];
                let [across, down] = if alone { [1, 1] } else { component.samples };
                for block in 0..across * down {
                    let (y, x) = (top * down + block / across, side * across + block % across);
                    component.block(y, x, |block| step(&mut coder, *codes, block))?;
                }
            }
        }
        Ok(coder.bits.at)
    }
}
