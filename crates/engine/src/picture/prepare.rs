//! A processor at work: a picture in, one or several views out, in the numbers a model was trained on.

use super::fit::{middle, squared};
use super::{Filter, Fit, Part, Picture, RGB, Tiles, resize};
use squint_ops::{Error, Grid};

/// What is done to a picture, in this order: a square around it, tiles or a size, the middle of it, numbers.
#[derive(Clone, Debug)]
pub struct Preprocess {
    /// The colour of the square around it.
    pub pad: Option<[u8; RGB]>,
    pub fit: Option<Fit>,
    pub crop: Option<Grid>,
    pub tiles: Option<Tiles>,
    pub filter: Filter,
    /// What is multiplied, then taken off, then divided by: per channel.
    pub factor: f64,
    pub mean: [f64; RGB],
    pub std: [f64; RGB],
}

/// What an encoder is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub size: Grid,
    /// [height, width, channels]
    pub pixels: Vec<f32>,
}

/// The views of one picture, and how many tiles up and across they are: none, where there is one view only.
#[derive(Clone, Debug, PartialEq)]
pub struct Views {
    pub views: Vec<View>,
    pub tiles: Grid,
}

/// How pictures are shown, where it is not as the files of a checkpoint say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Showing {
    /// Edge of what the encoder is shown; where pictures are cut into tiles, their longer edge before that.
    pub resolution: Option<usize>,
    /// All of a picture in one view, without tiles.
    pub whole: bool,
}

/// Longest edge that can be asked for.
const MOST: usize = 1 << 12;

/// A resolution that somebody asks for, where it can be.
pub(crate) fn possible(edge: usize) -> Result<usize, Error> {
    if (1..=MOST).contains(&edge) {
        return Ok(edge);
    }
    let what = format!("a resolution of {edge}");
    Err(Error::new("resolution", what, format!("1 to {MOST} pixels are possible")))
}

impl Preprocess {
    pub fn showing(&self, how: Showing) -> Result<Preprocess, Error> {
        if let Some(tiles) = self.tiles {
            return Ok(Preprocess { tiles: Some(tiles.showing(how)?), ..self.clone() });
        }
        how.resolution.map_or_else(|| Ok(self.clone()), |edge| self.at(edge))
    }

    /// The same with pictures of another size: every edge it names changes as much as the one that comes out.
    pub fn at(&self, edge: usize) -> Result<Preprocess, Error> {
        let edge = possible(edge)?;
        let made = match (self.size(), self.fit) {
            (None, Some(Fit::Shortest(edge))) => Some(edge),
            (size, _) => size.map(|size| size.height),
        };
        let made = made.ok_or_else(|| {
            Error::new("resolution", "pictures of this model have no one size", "leave the resolution to the model")
        })?;
        let scaled = |n: usize| ((n * edge) as f64 / made as f64).round().max(1.0) as usize;
        let grid = |size: Grid| Grid { height: scaled(size.height), width: scaled(size.width) };
        let fit = self.fit.map(|fit| match fit {
            Fit::Stretch(size) => Fit::Stretch(grid(size)),
            Fit::Shortest(edge) => Fit::Shortest(scaled(edge)),
            Fit::Between(short, long) => Fit::Between(scaled(short), scaled(long)),
            Fit::Within(size) => Fit::Within(grid(size)),
        });
        Ok(Preprocess { fit, crop: self.crop.map(grid), ..self.clone() })
    }

    /// The size of all views, where they have one.
    pub fn size(&self) -> Option<Grid> {
        match (self.tiles, self.crop, self.fit) {
            (Some(tiles), ..) => Some(Grid::square(tiles.side)),
            (None, Some(crop), _) => Some(crop),
            (None, None, Some(Fit::Stretch(size))) => Some(size),
            _ => None,
        }
    }

    pub fn views(&self, picture: &Picture) -> Views {
        let (pictures, tiles) = self.pictures(picture);
        Views { views: pictures.iter().map(|p| self.numbers(p)).collect(), tiles }
    }

    /// The same before they become numbers.
    pub fn pictures(&self, picture: &Picture) -> (Vec<Picture>, Grid) {
        let square = self.pad.map(|colour| squared(picture, colour));
        let picture = square.as_ref().unwrap_or(picture);
        match self.tiles {
            Some(tiles) => tiles.cut(picture, self.filter),
            None => (vec![self.fitted(picture)], Grid::square(0)),
        }
    }

    fn fitted(&self, picture: &Picture) -> Picture {
        let size = self.fit.map_or(picture.size, |fit| fit.size(picture.size));
        let Some(crop) = self.crop else { return resize(picture, size, Part::whole(size), self.filter) };
        let (part, [down, right]) = middle(size, crop);
        let kept = resize(picture, size, part, self.filter);
        if kept.size == crop {
            return kept;
        }
        let mut framed = Picture::plain(crop, [0; RGB]);
        framed.lay(&kept, down, right);
        framed
    }

    pub fn numbers(&self, picture: &Picture) -> View {
        // A byte has few values: each channel's are worked out once.
        let table = |c: usize| (0..=255).map(move |v| ((v as f64 * self.factor - self.mean[c]) / self.std[c]) as f32);
        let tables: Vec<Vec<f32>> = (0..RGB).map(|c| table(c).collect()).collect();
        let pixels = picture.bytes.iter().enumerate().map(|(i, v)| tables[i % RGB][*v as usize]).collect();
        View { size: picture.size, pixels }
    }
}
