//! The segments of a file: tables, sizes and what programs add. Read up to the next scan; what is not known is passed over.

use super::Fault;
use super::frame::Frame;
use super::huffman::Huffman;
use super::scan::Scan;
use crate::picture::exif::orientation;
use std::ops::RangeInclusive;

/// Where a block's coefficient of each number stands: from the top left in diagonals.
pub const ZIGZAG: [u8; 64] = {
    let (mut order, mut x, mut y, mut i) = ([0; 64], 0u8, 0u8, 0);
    while i < 64 {
        order[i] = y * 8 + x;
        // Every other diagonal goes up. At an edge it is one step along it.
        (x, y) = match ((x + y) % 2 == 0, x, y) {
            (true, 7, _) | (false, 0, 0..7) => (x, y + 1),
            (true, _, 0) | (false, _, 7) => (x + 1, y),
            (true, ..) => (x + 1, y - 1),
            (false, ..) => (x - 1, y + 1),
        };
        i += 1;
    }
    order
};

/// What a file has said so far.
#[derive(Default)]
pub struct Headers {
    /// In the order of rows and columns.
    pub quant: [Option<Box<[u16; 64]>>; 4],
    pub dc: [Huffman; 4],
    pub ac: [Huffman; 4],
    /// Units between restarts; zero is never.
    pub interval: usize,
    pub frame: Option<Frame>,
    pub jfif: bool,
    /// Adobe's number of how colours were changed.
    pub adobe: Option<u8>,
    /// EXIF's orientation, zero when it says none.
    pub turn: u8,
}

type Read = fn(&mut Headers, &[u8]) -> Result<(), Fault>;

/// What is done with a segment, the first row that has its marker. The kind of a frame is its marker.
const READS: &[(RangeInclusive<u8>, Read)] = &[
    (0xC0..=0xC1, |h, b| h.frame(b, false)),
    (0xC2..=0xC2, |h, b| h.frame(b, true)),
    (0xC4..=0xC4, Headers::codes),
    (0xC3..=0xC7, |_, _| Err(Fault::Kind("it is without loss, or in parts of growing size"))),
    (0xC9..=0xCF, |_, _| Err(Fault::Kind("it has arithmetic codes"))),
    (0xDB..=0xDB, Headers::quant),
    (0xDD..=0xDD, Headers::restarts),
    (0xE0..=0xE0, Headers::jfif),
    (0xE1..=0xE1, Headers::exif),
    (0xEE..=0xEE, Headers::adobe),
];

impl Headers {
    /// Up to a scan, behind whose header `at` then is, or to the end of the picture.
    pub fn next(&mut self, bytes: &[u8], at: &mut usize) -> Result<Option<Scan>, Fault> {
        loop {
            let marker = marker(bytes, at)?;
            match marker {
                0xD9 => return Ok(None),
                // Restarts and the start have nothing behind them.
                0x01 | 0xD0..=0xD8 => continue,
                _ => {}
            }
            let long = bytes.get(*at..*at + 2).ok_or(Fault::Cut)?;
            let long = u16::from_be_bytes([long[0], long[1]]) as usize;
            let body = bytes.get(*at..*at + long).ok_or(Fault::Cut)?.get(2..);
            let body = body.ok_or(Fault::Damaged("a segment is shorter than its length"))?;
            *at += long;
            if marker == 0xDA {
                let frame = self.frame.as_ref().ok_or(Fault::Damaged("it has a scan before its size"))?;
                return Scan::header(body, frame).map(Some);
            }
            if let Some((_, read)) = READS.iter().find(|(markers, _)| markers.contains(&marker)) {
                read(self, body)?;
            }
        }
    }

    fn frame(&mut self, body: &[u8], progressive: bool) -> Result<(), Fault> {
        if self.frame.is_some() {
            return Err(Fault::Damaged("it has two sizes"));
        }
        self.frame = Some(Frame::header(body, progressive)?);
        Ok(())
    }

    fn quant(&mut self, mut body: &[u8]) -> Result<(), Fault> {
        const BAD: Fault = Fault::Damaged("a table of steps is wrong");
        while let [head, rest @ ..] = body {
            let wide = (head >> 4) as usize + 1;
            let place = self.quant.get_mut((head & 15) as usize).ok_or(BAD)?;
            let steps = rest.get(..64 * wide).filter(|_| wide <= 2).ok_or(BAD)?;
            let mut table = Box::new([0; 64]);
            for (at, step) in ZIGZAG.iter().zip(steps.chunks_exact(wide)) {
                table[*at as usize] = step.iter().fold(0, |value, byte| value << 8 | *byte as u16);
            }
            *place = Some(table);
            body = &rest[64 * wide..];
        }
        Ok(())
    }

    fn codes(&mut self, mut body: &[u8]) -> Result<(), Fault> {
        const BAD: Fault = Fault::Damaged("a table of codes is wrong");
        while let [head, rest @ ..] = body {
            let lengths = rest.get(..16).ok_or(BAD)?;
            let count = lengths.iter().map(|n| *n as usize).sum::<usize>();
            let symbols = rest.get(16..16 + count).ok_or(BAD)?;
            let kind = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let place = kind.get_mut((head & 15) as usize).filter(|_| head >> 4 < 2).ok_or(BAD)?;
            *place = Huffman::new(lengths, symbols).ok_or(BAD)?;
            body = &rest[16 + count..];
        }
        Ok(())
    }

    fn restarts(&mut self, body: &[u8]) -> Result<(), Fault> {
        let [high, low] = *body else { return Err(Fault::Damaged("the distance of its restarts is no number")) };
        self.interval = u16::from_be_bytes([high, low]) as usize;
        Ok(())
    }

    fn jfif(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.jfif |= body.len() >= 14 && body.starts_with(b"JFIF\0");
        Ok(())
    }

    fn exif(&mut self, body: &[u8]) -> Result<(), Fault> {
        if self.turn == 0 && body.starts_with(b"Exif\0\0") {
            self.turn = orientation(body);
        }
        Ok(())
    }

    fn adobe(&mut self, body: &[u8]) -> Result<(), Fault> {
        if body.len() >= 12 && body.starts_with(b"Adobe") {
            self.adobe = Some(body[11]);
        }
        Ok(())
    }
}

/// The next marker, whatever lies before it: 0xFF and a byte that is neither filler nor stuffing.
pub fn marker(bytes: &[u8], at: &mut usize) -> Result<u8, Fault> {
    let rest = bytes.get(*at..).ok_or(Fault::Cut)?;
    let found = rest.windows(2).position(|w| w[0] == 0xFF && ![0, 0xFF].contains(&w[1])).ok_or(Fault::Cut)?;
    *at += found + 2;
    Ok(bytes[*at - 1])
}
