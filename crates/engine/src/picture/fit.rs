//! How large a picture becomes, and which part of it is kept.

use super::{Part, Picture};
use squint_ops::Grid;

/// The size a picture is brought to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// This size, whatever the picture's shape.
    Stretch(Grid),
    /// The shorter edge becomes this long; the shape stays.
    Shortest(usize),
    /// The same, unless the longer edge would become longer than the second number.
    Between(usize, usize),
    /// As large as fits into this.
    Within(Grid),
}

impl Fit {
    pub fn size(self, of: Grid) -> Grid {
        let (short, long) = (of.height.min(of.width), of.height.max(of.width));
        let oriented = |short, long| match of.width <= of.height {
            true => Grid { height: long, width: short },
            false => Grid { height: short, width: long },
        };
        let size = match self {
            Fit::Stretch(size) => size,
            Fit::Shortest(n) => oriented(n, scaled(n as f64, long, short)),
            Fit::Between(n, most) => {
                let raw = most as f64 * short as f64 / long as f64;
                let bound = long as f64 / short as f64 * n as f64 > most as f64;
                // Halves go to the even number, as Python rounds.
                let (edge, exact) = if bound { (raw.round_ties_even(), raw) } else { (n as f64, n as f64) };
                if short as f64 == edge { of } else { oriented(edge as usize, scaled(exact, long, short)) }
            }
            Fit::Within(room) => {
                let scale = (room.height as f64 / of.height as f64).min(room.width as f64 / of.width as f64);
                Grid { height: (of.height as f64 * scale) as usize, width: (of.width as f64 * scale) as usize }
            }
        };
        // A line a thousand times as long as it is wide stays one pixel wide.
        Grid { height: size.height.max(1), width: size.width.max(1) }
    }
}

fn scaled(n: f64, long: usize, short: usize) -> usize {
    (n * long as f64 / short as f64) as usize
}

/// The middle of a picture of size `of`, and where it lies in a crop of size `to`: a crop that is larger has a border.
pub fn middle(of: Grid, to: Grid) -> (Part, [usize; 2]) {
    let axis = |of: usize, to: usize| (of.saturating_sub(to) / 2, of.min(to), to.saturating_sub(of) / 2);
    let (top, height, down) = axis(of.height, to.height);
    let (left, width, right) = axis(of.width, to.width);
    (Part { top, left, size: Grid { height, width } }, [down, right])
}

/// The picture in the middle of a square of one colour.
pub fn squared(picture: &Picture, colour: [u8; super::RGB]) -> Picture {
    let Grid { height, width } = picture.size;
    let side = height.max(width);
    let mut square = Picture::plain(Grid::square(side), colour);
    square.lay(picture, (side - height) / 2, (side - width) / 2);
    square
}
