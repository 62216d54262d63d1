//! A large picture cut as papers do it, for an encoder whose own processor does not.

use super::slices::{Framed, Partition, Slices, parts};
use super::{Part, Picture, Preprocess, resize};
use squint_ops::{Error, Grid, Host};
use std::rc::Rc;

/// How, and the most that can become of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub way: Way,
    pub most: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// LLaVA-UHD: all of it, then slices of nearly the encoder's area in the picture's own shape.
    Slices,
    /// S2: the encoder's square, then squares of twice, three times its edge in tiles.
    Scales,
    /// InternLM-XComposer2-4KHD: all of it, then squares of it in a white frame.
    Squares,
}

/// Most pixels of all views together: they are in memory at once.
const MOST: usize = 1 << 25;

/// Longest edge of a picture that there is not: of one that is, its decoder has seen to it.
pub const EDGE: usize = 1 << 15;

/// Names, what they are when no number is said, and the largest one.
const WAYS: &[(&str, Way, usize, usize)] =
    &[("uhd", Way::Slices, 6, 64), ("s2", Way::Scales, 2, 4), ("4khd", Way::Squares, 16, 64)];

/// The edge of the square that parts are made of.
pub fn shorter(image: Grid) -> usize {
    image.height.min(image.width)
}

impl Cut {
    /// `uhd`, or `uhd=9`.
    pub fn read(text: &str) -> Result<Cut, Error> {
        let (name, number) = text.split_once('=').map_or((text, None), |(name, number)| (name, Some(number)));
        let known = || WAYS.iter().map(|(name, _, usual, most)| format!("{name}={usual} (to {most})"));
        let wrong = || {
            let hint = format!("there are {}", known().collect::<Vec<_>>().join(", "));
            Error::new("cut", format!("'{text}' is no way to cut a picture"), hint)
        };
        let (_, way, usual, largest) = WAYS.iter().find(|(known, ..)| *known == name).ok_or_else(wrong)?;
        let most = number.map_or(Some(*usual), |n| n.parse().ok()).filter(|n| (1..=*largest).contains(n));
        Ok(Cut { way: *way, most: most.ok_or_else(wrong)? })
    }

    /// What an encoder with squares of `side` and patches of `patch` is shown of a picture, in this order. Of a large one
    /// they take a while: whoever wants to stop is heard before each size.
    pub async fn pictures(
        self,
        preprocess: &Preprocess,
        picture: &Picture,
        side: usize,
        patch: Grid,
        host: &Host,
    ) -> Result<Vec<Picture>, Error> {
        let sheets = self.sheets(side, patch, picture.size)?;
        let framed = (self.way == Way::Squares).then(|| self.framed(side, picture, preprocess));
        let mut all = vec![];
        for [size, part] in sheets {
            (host.pause)().await;
            let sheet = resize(framed.as_ref().unwrap_or(picture), size, Part::whole(size), preprocess.filter);
            all.extend(parts(size, part).map(|part| sheet.cut(part)));
        }
        Ok(all)
    }

    /// Sizes of the same, known without a picture.
    pub fn sizes(self, side: usize, patch: Grid, of: Grid) -> Result<Vec<Grid>, Error> {
        if [of.height, of.width].iter().any(|edge| !(1..=EDGE).contains(edge)) {
            let what = format!("a picture of {}×{}", of.width, of.height);
            return Err(Error::new("picture", what, format!("choose edges from 1 to {EDGE}")));
        }
        let sheets = self.sheets(side, patch, of)?;
        Ok(sheets.into_iter().flat_map(|[size, part]| parts(size, part).map(|part| part.size)).collect())
    }

    /// How many of so many views have to be looked at: of one square, the part is the whole.
    pub fn seen(self, views: usize) -> usize {
        if self.way == Way::Squares && views == 2 { 1 } else { views }
    }

    /// What a picture of this size is brought to, and into what parts each of that is cut.
    fn sheets(self, side: usize, patch: Grid, of: Grid) -> Result<Vec<[Grid; 2]>, Error> {
        let count = match self.way {
            Way::Scales => (1..=self.most).map(|n| n * n).sum(),
            Way::Slices | Way::Squares => self.most + 1,
        };
        if count * side * side > MOST {
            let what = format!("{count} views of {side}×{side} pixels");
            return Err(Error::new("cut", what, "choose a smaller resolution, or fewer parts"));
        }
        let square = Grid::square(side);
        Ok(match self.way {
            Way::Slices => {
                // The method knows square patches only.
                let patch = patch.height.max(patch.width);
                let plan = Slices { scale: side, patch, most: self.most }.plan(of);
                let slices = (plan.slices.rows() > 0).then(|| [plan.refined, plan.slice()]);
                [Some([plan.whole; 2]), slices].into_iter().flatten().collect()
            }
            Way::Scales => (1..=self.most).map(|n| [Grid::square(side * n), square]).collect(),
            Way::Squares => vec![[square; 2], [Partition { side, most: self.most }.plan(of).frame, square]],
        })
    }

    /// A picture in the middle of a white one of whole squares.
    fn framed(self, side: usize, picture: &Picture, preprocess: &Preprocess) -> Picture {
        let Framed { size, frame } = Partition { side, most: self.most }.plan(picture.size);
        let mut framed = Picture::plain(frame, [255; super::RGB]);
        let (top, left) = ((frame.height - size.height) / 2, (frame.width - size.width) / 2);
        framed.lay(&resize(picture, size, Part::whole(size), preprocess.filter), top, left);
        framed
    }

    /// Rows of all views become a picture's: one view's under another's, or those of several scales side by side, each
    /// brought to the grid of the smallest by means; so are rows that are no patches, and stand before them: of every scale
    /// the mean of its tiles'.
    pub fn join(self, views: &[Rc<Vec<f32>>], grid: Grid, width: usize) -> ([usize; 2], Vec<f32>) {
        if self.way != Way::Scales {
            let all: Vec<f32> = views.iter().flat_map(|view| view.iter().copied()).collect();
            return ([all.len() / width, width], all);
        }
        let wide = width * self.most;
        let before = (views[0].len() / width).saturating_sub(grid.rows());
        let mut all = vec![0.0; (before + grid.rows()) * wide];
        let mut first = 0;
        for n in 1..=self.most {
            for (tile, view) in views[first..first + n * n].iter().enumerate() {
                for (i, row) in view.chunks_exact(width).enumerate() {
                    // Where the cell lies on the map of all tiles, and which cell of the smallest map that is part of.
                    let at = i.checked_sub(before).map_or(i, |cell| {
                        let y = (tile / n * grid.height + cell / grid.width) / n;
                        let x = (tile % n * grid.width + cell % grid.width) / n;
                        before + y * grid.width + x
                    });
                    let to = at * wide + (n - 1) * width;
                    for (sum, v) in all[to..to + width].iter_mut().zip(row) {
                        *sum += v / (n * n) as f32;
                    }
                }
            }
            first += n * n;
        }
        ([before + grid.rows(), wide], all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_read_or_named() {
        assert_eq!(Cut::read("uhd").unwrap(), Cut { way: Way::Slices, most: 6 });
        assert_eq!(Cut::read("s2=3").unwrap(), Cut { way: Way::Scales, most: 3 });
        for wrong in ["", "tiles", "uhd=", "uhd=0", "s2=5", "4khd=-1", "s2=2=2"] {
            assert_eq!(Cut::read(wrong).unwrap_err().code, "cut", "{wrong}");
        }
    }
}
