//! JPEG with the bits of libjpeg-turbo's defaults, which is what Pillow shows: encoders see here what they were trained on.
//! Colours between samples, and what is rounded on the way, differ between decoders by up to 7 of 255, and features by 1 %.
//!
//! * `marker` — the segments of a file; `frame` — its size, components and what is in their blocks.
//! * `bits`, `huffman` — the codes of a scan; `scan` — its blocks in order.
//! * `sequential`, `progressive` — the coefficients of a block, at once or bit by bit.
//! * `idct` — a block becomes samples; `upsample` — a sample for every pixel; `colour` — red, green and blue.
//!
//! Not read, and said so: arithmetic codes, twelve bits, pictures without loss. What is damaged is refused where libjpeg
//! shows grey, and progressive files that leave fine bits out are not smoothed.

mod bits;
mod colour;
mod frame;
mod huffman;
mod idct;
mod marker;
mod progressive;
mod scan;
mod sequential;
mod upsample;

use super::pace::Pace;
use super::{Picture, RGB};
use frame::Frame;
use marker::Headers;
use scan::Scan;
use squint_ops::Grid;

/// Why a file cannot be shown.
#[derive(Debug)]
pub enum Fault {
    Cut,
    Damaged(&'static str),
    /// It is a JPEG that few programs make.
    Kind(&'static str),
    /// So many bytes are not to be had.
    Memory(usize),
}

/// Files have a dozen scans. Many that say nothing would keep a page busy for minutes.
const SCANS: usize = 256;

/// A file up to its first scan.
pub struct Jpeg<'a> {
    bytes: &'a [u8],
    at: usize,
    headers: Headers,
    frame: Frame,
    first: Scan,
    colour: colour::Row,
}

impl<'a> Jpeg<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Jpeg<'a>, Fault> {
        let (mut headers, mut at) = (Headers::default(), 0);
        let first = headers.next(bytes, &mut at)?.ok_or(Fault::Damaged("it has no picture"))?;
        let frame = headers.frame.clone().ok_or(Fault::Damaged("it has a scan before its size"))?;
        let colour = colour::of(&headers, &frame);
        Ok(Jpeg { bytes, at, headers, frame, first, colour })
    }

    pub fn size(&self) -> Grid {
        self.frame.size
    }

    /// EXIF's orientation.
    pub fn turn(&self) -> u8 {
        self.headers.turn
    }

    /// Bytes it has decoded: grey is one a pixel.
    pub fn weight(&self) -> u64 {
        self.frame.size.rows() as u64 * self.frame.components.len().min(RGB) as u64
    }

    /// Every row of blocks, and of pixels, is a piece between stops.
    pub async fn picture(mut self, pace: &mut Pace<'_>) -> Result<Picture, Fault> {
        let ways =
            self.frame.components.iter().map(|c| upsample::way(&self.frame, c)).collect::<Result<Vec<_>, _>>()?;
        self.frame.reserve()?;
        let mut scan = Some(self.first);
        let mut count = 0;
        while let Some(next) = scan {
            count += 1;
            if count > SCANS {
                return Err(Fault::Damaged("it has more scans than any picture needs"));
            }
            self.at = next.read(&mut self.frame, &self.headers, (self.bytes, self.at), pace).await?;
            scan = self.headers.next(self.bytes, &mut self.at)?;
        }
        self.frame.finish(pace).await?;
        let Grid { height, width } = self.frame.size;
        let mut bytes = reserved(self.frame.size.rows() * RGB)?;
        // The last sample may stand for pixels behind the edge.
        let mut rows = vec![vec![0; width + upsample::MOST]; self.frame.components.len()];
        for y in 0..height {
            pace.rest().await;
            for ((row, part), way) in rows.iter_mut().zip(&self.frame.components).zip(&ways) {
                way.row(part, y, row);
            }
            (self.colour)(&rows, width, &mut bytes);
        }
        Ok(Picture { size: self.frame.size, bytes })
    }
}

/// An empty list with room, or the news that there is none.
fn reserved<T>(count: usize) -> Result<Vec<T>, Fault> {
    let mut out = vec![];
    out.try_reserve_exact(count).map_err(|_| Fault::Memory(count * size_of::<T>()))?;
    Ok(out)
}
