//! What a scene stands on: one colour, or shades of it, or something like a photograph.

use crate::colour::{COLOURS, Rgb, between};
use crate::rng::{Rng, mix};

#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Which of `COLOURS`.
    pub colour: usize,
    pub rgb: Rgb,
    pub cover: Cover,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cover {
    Plain,
    /// From the colour to another shade of it, along a direction.
    Gradient {
        to: Rgb,
        along: [f32; 2],
    },
    /// Spots of other shades, so many to an edge.
    Noise {
        to: Rgb,
        cells: f32,
        seed: u64,
    },
    /// Two colours in spots of every size, brighter above: nobody can say which colour it is.
    Photo {
        to: Rgb,
        cells: f32,
        seed: u64,
    },
}

impl Ground {
    pub fn new(rng: &mut Rng) -> Ground {
        let colour = rng.below(COLOURS.len());
        let rgb = shade(COLOURS[colour].rgb, 10.0, rng);
        let (along, cells, seed) = ([rng.range(-1.0, 1.0), rng.range(-1.0, 1.0)], rng.range(4.0, 20.0), rng.draw());
        let cover = match rng.below(4) {
            0 => Cover::Plain,
            1 => Cover::Gradient { to: shade(rgb, 28.0, rng), along },
            2 => Cover::Noise { to: shade(rgb, 36.0, rng), cells, seed },
            _ => {
                let other = COLOURS[rng.below(COLOURS.len())].rgb;
                Cover::Photo { to: between(rgb, other, 0.6), cells: cells / 2.0, seed }
            }
        };
        Ground { colour, rgb, cover }
    }

    /// Whether it has one colour that has a name.
    pub fn named(&self) -> bool {
        !matches!(self.cover, Cover::Photo { .. })
    }

    /// Its colours, from one to the other.
    pub fn ends(&self) -> [Rgb; 2] {
        match self.cover {
            Cover::Plain => [self.rgb; 2],
            Cover::Gradient { to, .. } | Cover::Noise { to, .. } | Cover::Photo { to, .. } => [self.rgb, to],
        }
    }

    pub fn at(&self, x: f32, y: f32) -> Rgb {
        match &self.cover {
            Cover::Plain => self.rgb,
            Cover::Gradient { to, along } => {
                let share = 0.5 + ((x - 0.5) * along[0] + (y - 0.5) * along[1]) * 0.7;
                between(self.rgb, *to, share.clamp(0.0, 1.0))
            }
            Cover::Noise { to, cells, seed } => between(self.rgb, *to, spots(x * cells, y * cells, *seed)),
            Cover::Photo { to, cells, seed } => {
                let octaves = [(1.0, 0.5), (2.0, 0.25), (4.0, 0.15), (8.0, 0.1)];
                let sum: f32 =
                    octaves.iter().map(|(n, share)| share * spots(x * cells * n, y * cells * n, *seed)).sum();
                let light = 18.0 - 36.0 * y;
                between(self.rgb, *to, sum).map(|c| (c + light).clamp(0.0, 255.0))
            }
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (tag, more, seed) = match &self.cover {
            Cover::Plain => (0, [0.0; 4], 0),
            Cover::Gradient { to, along } => (1, [to[0], to[1], along[0], along[1]], 0),
            Cover::Noise { to, cells, seed } => (2, [to[0], to[1], to[2], *cells], *seed),
            Cover::Photo { to, cells, seed } => (3, [to[0], to[1], to[2], *cells], *seed),
        };
        let numbers = self.rgb.iter().chain(&more).flat_map(|n| n.to_le_bytes());
        [self.colour as u8, tag].into_iter().chain(numbers).chain(seed.to_le_bytes()).collect()
    }
}

/// Another shade: each part up to `most` away.
fn shade(rgb: Rgb, most: f32, rng: &mut Rng) -> Rgb {
    let light = rng.range(-most, most);
    rgb.map(|c| (c + light * 0.8 + rng.range(-most, most) * 0.2).clamp(0.0, 255.0))
}

/// Chance at whole numbers, smooth between them: 0 to 1.
fn spots(x: f32, y: f32, seed: u64) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (right, below) = (smooth(x - left), smooth(y - top));
    let corner = |dx: f32, dy: f32| {
        let n = seed ^ mix(((left + dx) as i64 as u64) << 32 | ((top + dy) as i64 as u64 & 0xffff_ffff));
        (mix(n) >> 40) as f32 / 16_777_216.0
    };
    let upper = corner(0.0, 0.0) + (corner(1.0, 0.0) - corner(0.0, 0.0)) * right;
    let lower = corner(0.0, 1.0) + (corner(1.0, 1.0) - corner(0.0, 1.0)) * right;
    upper + (lower - upper) * below
}
