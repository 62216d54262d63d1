//! A large picture cut as papers do it, for an encoder whose own processor does not.

use super::slices::{Partition, Slices, parts, scales};
use super::{Part, Picture, Preprocess, View, resize};
use squint_nn::encoder::Encoder;
use squint_ops::{Error, Grid};

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

/// Most pixels of all views together: they are in memory at once, as f32.
const MOST: usize = 1 << 25;

/// Names, what they are when no number is said, and the largest one.
const WAYS: &[(&str, Way, usize, usize)] =
    &[("uhd", Way::Slices, 6, 64), ("s2", Way::Scales, 2, 4), ("4khd", Way::Squares, 16, 64)];

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

    /// What an encoder is shown of a picture, in this order: parts as large as what its processor makes of a whole one.
    pub fn views(self, preprocess: &Preprocess, picture: &Picture, of: &Encoder) -> Result<Vec<View>, Error> {
        let image = preprocess.size().unwrap_or(of.image);
        let side = image.height.min(image.width);
        let count = match self.way {
            Way::Scales => (1..=self.most).map(|n| n * n).sum(),
            Way::Slices | Way::Squares => self.most + 1,
        };
        if count * side * side > MOST {
            let what = format!("{count} views of {side}×{side} pixels");
            return Err(Error::new("cut", what, "choose a smaller resolution, or fewer parts"));
        }
        let at = |picture: &Picture, size: Grid| resize(picture, size, Part::whole(size), preprocess.filter);
        let tiles = |of: &Picture, size: Grid| parts(of.size, size).map(|part| of.cut(part)).collect::<Vec<_>>();
        let pictures = match self.way {
            Way::Slices => {
                // The method knows square patches only.
                let patch = of.patch.height.max(of.patch.width);
                let plan = Slices { scale: side, patch, most: self.most }.plan(picture.size);
                let mut all = vec![at(picture, plan.whole)];
                if plan.slices.rows() > 0 {
                    let Grid { height, width } = plan.refined;
                    let one = Grid { height: height / plan.slices.height, width: width / plan.slices.width };
                    all.extend(tiles(&at(picture, plan.refined), one));
                }
                all
            }
            Way::Scales => {
                let times: Vec<usize> = (1..=self.most).collect();
                let sizes = scales(side, &times).into_iter().map(|(size, _)| size);
                sizes.flat_map(|size| tiles(&at(picture, size), Grid::square(side))).collect()
            }
            Way::Squares => {
                let plan = Partition { side, most: self.most }.plan(picture.size);
                let mut frame = Picture::plain(plan.frame, [255; super::RGB]);
                let rest = |frame: usize, size: usize| (frame - size) / 2;
                let (top, left) = (rest(plan.frame.height, plan.size.height), rest(plan.frame.width, plan.size.width));
                frame.lay(&at(picture, plan.size), top, left);
                let mut all = vec![at(&frame, Grid::square(side))];
                all.extend(tiles(&frame, Grid::square(side)));
                all
            }
        };
        Ok(pictures.iter().map(|p| preprocess.numbers(p)).collect())
    }

    /// Rows of all views become a picture's: one view's under another's, or those of several scales side by side, each
    /// brought to the grid of the smallest by means.
    pub fn join(self, views: &[Vec<f32>], grid: Grid, width: usize) -> ([usize; 2], Vec<f32>) {
        if self.way != Way::Scales {
            let all = views.concat();
            return ([all.len() / width, width], all);
        }
        let wide = width * self.most;
        let mut all = vec![0.0; grid.rows() * wide];
        let mut first = 0;
        for n in 1..=self.most {
            for (tile, view) in views[first..first + n * n].iter().enumerate() {
                for (cell, row) in view.chunks_exact(width).enumerate() {
                    // Where the cell lies on the map of all tiles, and which cell of the smallest map that is part of.
                    let y = (tile / n * grid.height + cell / grid.width) / n;
                    let x = (tile % n * grid.width + cell % grid.width) / n;
                    let to = (y * grid.width + x) * wide + (n - 1) * width;
                    for (sum, v) in all[to..to + width].iter_mut().zip(row) {
                        *sum += v / (n * n) as f32;
                    }
                }
            }
            first += n * n;
        }
        ([grid.rows(), wide], all)
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
