//! Idefics3's and SmolVLM's way with large pictures: tiles of one size, row by row, then the whole at that size, too.

use super::{Filter, Part, Picture, Showing, prepare::possible, resize, slices::parts};
use squint_ops::{Error, Grid};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiles {
    /// The longer edge is brought to this first; none leaves the picture as it is.
    pub longest: Option<usize>,
    /// Edge of a tile.
    pub side: usize,
    /// Without it the whole picture becomes one tile.
    pub split: bool,
}

/// No edge becomes longer.
const MOST: usize = 4096;

impl Tiles {
    /// The same, shown otherwise: another longer edge before there are tiles, or none of them.
    pub fn showing(self, how: Showing) -> Result<Tiles, Error> {
        let longest = how.resolution.map(possible).transpose()?.or(self.longest);
        Ok(Tiles { longest, split: self.split && !how.whole, ..self })
    }

    /// Views that a picture of this size becomes, known without it.
    pub fn views(self, of: Grid) -> usize {
        self.sizes(of).last().map_or(0, |size| self.count(*size).rows()) + 1
    }

    /// The sizes a picture goes through, the last one a whole number of tiles. Every size is a resampling of its own.
    pub fn sizes(self, of: Grid) -> Vec<Grid> {
        let mut sizes = vec![];
        let mut last = of;
        if let Some(longest) = self.longest {
            last = below(to_longest(of, longest), MOST);
            sizes.push(last);
        }
        sizes.push(if self.split { self.whole_tiles(last) } else { Grid::square(self.side) });
        sizes
    }

    /// Tiles up and across a picture of whole tiles; a single tile counts as none, it is the view of the whole.
    pub fn count(self, of: Grid) -> Grid {
        let count = Grid { height: of.height / self.side, width: of.width / self.side };
        if count == Grid::square(1) { Grid::square(0) } else { count }
    }

    /// The tiles row by row and the view of the whole behind them, and how many tiles there are up and across.
    pub fn cut(self, picture: &Picture, filter: Filter) -> (Vec<Picture>, Grid) {
        let again = |from: &Picture, size: Grid| resize(from, size, Part::whole(size), filter);
        let last = self
            .sizes(picture.size)
            .iter()
            .fold(None, |last: Option<Picture>, size| Some(again(last.as_ref().unwrap_or(picture), *size)));
        let picture = last.as_ref().unwrap_or(picture);
        let (count, tile) = (self.count(picture.size), Grid::square(self.side));
        let mut views: Vec<Picture> = vec![];
        if count.rows() > 0 {
            views.extend(parts(picture.size, tile).map(|part| picture.cut(part)));
        }
        views.push(again(picture, tile));
        (views, count)
    }

    fn whole_tiles(self, of: Grid) -> Grid {
        let up = |n: usize| n.div_ceil(self.side).max(1) * self.side;
        let ratio = of.width as f64 / of.height as f64;
        if of.width >= of.height {
            let width = up(of.width);
            Grid { height: up((width as f64 / ratio) as usize), width }
        } else {
            let height = up(of.height);
            Grid { height, width: up((height as f64 * ratio) as usize) }
        }
    }
}

/// The longer edge at `longest`, the other one even.
fn to_longest(of: Grid, longest: usize) -> Grid {
    let ratio = of.width as f64 / of.height as f64;
    let even = |n: f64| ((n as usize).next_multiple_of(2)).max(1);
    if of.width >= of.height {
        Grid { height: even(longest as f64 / ratio), width: longest }
    } else {
        Grid { height: longest, width: even(longest as f64 * ratio) }
    }
}

fn below(of: Grid, most: usize) -> Grid {
    let ratio = of.width as f64 / of.height as f64;
    if of.width >= of.height && of.width > most {
        Grid { height: ((most as f64 / ratio) as usize).max(1), width: most }
    } else if of.height > of.width && of.height > most {
        Grid { height: most, width: ((most as f64 * ratio) as usize).max(1) }
    } else {
        of
    }
}
