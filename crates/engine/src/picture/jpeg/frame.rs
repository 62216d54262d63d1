//! The size of a picture, its components, and the coefficients and samples they have.

use super::idct::idct;
use super::marker::Headers;
use super::{Fault, reserved};
use crate::picture::pace::Pace;
use squint_ops::Grid;

pub type Block = [i16; 64];

#[derive(Clone)]
pub struct Frame {
    pub size: Grid,
    pub progressive: bool,
    pub components: Vec<Component>,
    /// Of all components, the most samples across and down in a unit.
    pub most: [usize; 2],
    /// Units of blocks of all components.
    pub units: Grid,
}

/// One of luminance and colours.
#[derive(Clone)]
pub struct Component {
    pub id: u8,
    /// Blocks across and down in a unit.
    pub samples: [usize; 2],
    quant: usize,
    /// Steps of the coefficients: those that hold when its first scan begins.
    steps: Option<Box<[u16; 64]>>,
    /// Samples that are picture.
    pub seen: Grid,
    /// Blocks of whole units.
    blocks: Grid,
    /// Only in progressive files.
    coefficients: Vec<Block>,
    /// [blocks.height · 8, blocks.width · 8]
    plane: Vec<u8>,
}

impl Frame {
    pub fn header(body: &[u8], progressive: bool) -> Result<Frame, Fault> {
        const BAD: Fault = Fault::Damaged("its size or its components are wrong");
        let [bits, h1, h0, w1, w0, count, parts @ ..] = body else { return Err(BAD) };
        if *bits != 8 {
            return Err(Fault::Kind("its samples have not eight bits"));
        }
        if parts.len() != *count as usize * 3 {
            return Err(BAD);
        }
        if ![1, 3, 4].contains(count) {
            return Err(Fault::Kind("it has neither one, three nor four components"));
        }
        let pair = |high: &u8, low: &u8| u16::from_be_bytes([*high, *low]) as usize;
        let size = Grid { height: pair(h1, h0), width: pair(w1, w0) };
        let samples = |part: &[u8]| [(part[1] >> 4) as usize, (part[1] & 15) as usize];
        let parts: Vec<_> = parts.chunks_exact(3).collect();
        if parts.iter().any(|p| samples(p).iter().any(|n| !(1..=4).contains(n)) || p[2] > 3) {
            return Err(BAD);
        }
        let most = [0, 1].map(|i| parts.iter().map(|p| samples(p)[i]).max().unwrap_or(1));
        let units = Grid { height: size.height.div_ceil(8 * most[1]), width: size.width.div_ceil(8 * most[0]) };
        let component = |part: &&[u8]| {
            let samples = samples(part);
            let [across, down] = samples;
            Component {
                id: part[0],
                samples,
                quant: part[2] as usize,
                steps: None,
                seen: Grid {
                    height: (size.height * down).div_ceil(most[1]),
                    width: (size.width * across).div_ceil(most[0]),
                },
                blocks: Grid { height: units.height * down, width: units.width * across },
                coefficients: vec![],
                plane: vec![],
            }
        };
        let components = parts.iter().map(component).collect();
        Ok(Frame { size, progressive, components, most, units })
    }

    pub fn reserve(&mut self) -> Result<(), Fault> {
        for part in &mut self.components {
            let count = part.blocks.rows();
            part.plane = reserved(count * 64)?;
            part.plane.resize(count * 64, 0);
            if self.progressive {
                part.coefficients = reserved(count)?;
                part.coefficients.resize(count, [0; 64]);
            }
        }
        Ok(())
    }

    /// After the last scan: coefficients that came bit by bit become samples.
    pub async fn finish(&mut self, pace: &mut Pace<'_>) -> Result<(), Fault> {
        for part in &mut self.components {
            let steps = part.steps.take().ok_or(Fault::Damaged("a component has no scan"))?;
            let blocks = std::mem::take(&mut part.coefficients);
            let stride = part.blocks.width * 8;
            for (at, block) in blocks.iter().enumerate() {
                let (y, x) = (at / part.blocks.width, at % part.blocks.width);
                if x == 0 {
                    pace.rest().await;
                }
                idct(block, &steps, &mut part.plane[y * 8 * stride + x * 8..], stride);
            }
        }
        Ok(())
    }
}

impl Component {
    /// Blocks that are picture: a scan of one component has no others.
    pub fn needed(&self) -> Grid {
        Grid { height: self.seen.height.div_ceil(8), width: self.seen.width.div_ceil(8) }
    }

    pub fn begin(&mut self, headers: &Headers) -> Result<(), Fault> {
        if self.steps.is_none() {
            let steps = headers.quant[self.quant].clone();
            self.steps = Some(steps.ok_or(Fault::Damaged("a table of steps is missing"))?);
        }
        Ok(())
    }

    /// Lets a scan say what it knows of a block. Without later scans it is at once samples.
    pub fn block(
        &mut self,
        y: usize,
        x: usize,
        read: impl FnOnce(&mut Block) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if let Some(block) = self.coefficients.get_mut(y * self.blocks.width + x) {
            return read(block);
        }
        let (mut block, stride) = ([0; 64], self.blocks.width * 8);
        read(&mut block)?;
        if let Some(steps) = &self.steps {
            idct(&block, steps, &mut self.plane[y * 8 * stride + x * 8..], stride);
        }
        Ok(())
    }

    /// Samples of a row that are picture.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.plane[y * self.blocks.width * 8..][..self.seen.width]
    }
}
