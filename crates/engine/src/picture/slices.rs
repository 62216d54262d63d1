//! Other ways to show an encoder more of a large picture, as geometry: which sizes it is brought to, which parts are cut.
//!
//! * [`Slices`] — LLaVA-UHD and MiniCPM-V: slices of nearly the encoder's area in the picture's own shape.
//! * [`scales`] — S2: the same square at several sizes, each in tiles of the smallest.
//! * [`Partition`] — InternLM-XComposer2-4KHD: as many squares as a budget allows, with a white border.

use super::Part;
use squint_ops::Grid;

/// Parts of one size, row by row.
pub fn parts(of: Grid, part: Grid) -> impl Iterator<Item = Part> {
    let columns = (of.width / part.width).max(1);
    let count = columns * (of.height / part.height);
    (0..count).map(move |i| Part { top: i / columns * part.height, left: i % columns * part.width, size: part })
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slices {
    /// Edge of the square an encoder was trained on; a slice has its area.
    pub scale: usize,
    pub patch: usize,
    /// Slices a picture can have.
    pub most: usize,
}

/// How a picture is shown: the view of all of it first, then its slices row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliced {
    pub whole: Grid,
    /// Slices down and across, none where the view of the whole is enough.
    pub slices: Grid,
    /// What the picture is resampled to before it is cut.
    pub refined: Grid,
}

impl Sliced {
    /// The size of a slice, where there are some.
    pub fn slice(self) -> Grid {
        let Grid { height, width } = self.slices;
        Grid { height: self.refined.height / height.max(1), width: self.refined.width / width.max(1) }
    }
}

impl Slices {
    pub fn plan(self, of: Grid) -> Sliced {
        let area = self.scale * self.scale;
        let ideal = of.rows().div_ceil(area).min(self.most);
        // A picture that is sliced is larger than the area, so all of it is shown smaller; others may be shown larger.
        let whole = self.shaped(of.width as f64 / of.height as f64);
        if ideal <= 1 {
            return Sliced { whole, slices: Grid::square(0), refined: Grid::square(0) };
        }
        let slices = self.best(ideal, of);
        // A slice's shape is that of the picture cut into whole pixels.
        let cell = Grid { height: (of.height / slices.height).max(1), width: (of.width / slices.width).max(1) };
        let cell = self.shaped(cell.width as f64 / cell.height as f64);
        let refined = Grid { height: cell.height * slices.height, width: cell.width * slices.width };
        Sliced { whole, slices, refined }
    }

    /// Of about so many slices, the arrangement whose shape is nearest the picture's; the first of equals.
    fn best(self, ideal: usize, of: Grid) -> Grid {
        let shape = (of.width as f64 / of.height as f64).ln();
        let counts = (ideal - 1..=ideal + 1).filter(|c| *c > 1 && *c <= self.most);
        let pairs = counts.flat_map(|c| (1..=c).filter(move |m| c % m == 0).map(move |m| (m, c / m)));
        let start = (Grid::square(1), f64::INFINITY);
        let nearer = |best: (Grid, f64), (width, height): (usize, usize)| {
            let off = (shape - (width as f64 / height as f64).ln()).abs();
            if off < best.1 { (Grid { height, width }, off) } else { best }
        };
        pairs.fold(start, nearer).0
    }

    /// The encoder's area in another shape.
    fn shaped(self, ratio: f64) -> Grid {
        let height = self.scale as f64 / ratio.sqrt();
        Grid { height: self.floored(height), width: self.floored(height * ratio) }
    }

    fn floored(self, edge: f64) -> usize {
        (edge as usize / self.patch * self.patch).max(self.patch)
    }
}

/// The sizes of S2 and the tiles of each, all as large as the smallest: `times` its edge, from 1 on.
pub fn scales(side: usize, times: &[usize]) -> Vec<(Grid, Vec<Part>)> {
    let tiles = |n: &usize| {
        let size = Grid::square(side * n);
        (size, parts(size, Grid::square(side)).collect())
    };
    times.iter().map(tiles).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partition {
    pub side: usize,
    /// Squares a picture can have.
    pub most: usize,
}

/// A picture of `size` in the middle of a white one of `frame`, which is cut into squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framed {
    pub size: Grid,
    pub frame: Grid,
}

impl Partition {
    pub fn plan(self, of: Grid) -> Framed {
        // A picture that stands is laid down first.
        let turn = |g: Grid| if of.width < of.height { Grid { height: g.width, width: g.height } } else { g };
        let lying = turn(of);
        let squares = |n: usize| n * (n * lying.height).div_ceil(lying.width);
        let across = (1..=self.most).take_while(|n| squares(*n) <= self.most).last().unwrap_or(1);
        let width = across * self.side;
        let height = (width * lying.height / lying.width).max(1);
        let frame = Grid { height: height.next_multiple_of(self.side), width };
        Framed { size: turn(Grid { height, width }), frame: turn(frame) }
    }
}
