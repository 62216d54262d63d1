//! Every thing as one artist draws it: a PNG of cells, and smaller copies of each cell, so that a small thing is the
//! mean of what it shows and not a sample of it.

use crate::{Fault, colour::Rgb, kinds::kinds};

/// Edge of a cell, and cells in a row; `scripts/sprites/render.mjs` has the same.
const CELL: usize = 96;
const ACROSS: usize = 12;
/// Each copy has half the edge of the one before.
const COPIES: usize = 5;

pub struct Atlas {
    sprites: Vec<Sprite>,
}

pub struct Sprite {
    /// Largest first.
    copies: Vec<Copy>,
    /// What it mostly looks like where it ends.
    pub edge: Rgb,
}

struct Copy {
    edge: usize,
    /// Red, green and blue times the cover, and the cover: [edge·edge·4], 0 to 255.
    rgba: Vec<f32>,
}

impl Atlas {
    /// What a file of cells shows.
    pub fn read(png: &[u8]) -> Result<Atlas, Fault> {
        let hint = "make it again with scripts/sprites/render.mjs";
        let bad = |e: png::DecodingError| Fault { what: format!("an atlas cannot be read: {e}"), hint };
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(bad)?;
        let rows = kinds().len().div_ceil(ACROSS);
        let (wide, high) = (reader.info().width as usize, reader.info().height as usize);
        let (wish, colours) = ((ACROSS * CELL, rows * CELL), reader.output_color_type().0);
        if (wide, high) != wish || colours != png::ColorType::Rgba {
            let what = format!("an atlas is {wide}×{high} {colours:?}, and not {}×{} Rgba", wish.0, wish.1);
            return Err(Fault { what, hint });
        }
        let mut pixels = vec![0; wide * high * 4];
        reader.next_frame(&mut pixels).map_err(bad)?;
        let sprite = |i: usize| Sprite::new(cell(&pixels, (i % ACROSS) * CELL, (i / ACROSS) * CELL));
        Ok(Atlas { sprites: (0..kinds().len()).map(sprite).collect() })
    }

    pub fn sprite(&self, kind: usize) -> &Sprite {
        &self.sprites[kind]
    }
}

/// One cell of an atlas, its colours times their cover.
fn cell(pixels: &[u8], left: usize, top: usize) -> Copy {
    let mut rgba = Vec::with_capacity(CELL * CELL * 4);
    for y in top..top + CELL {
        for x in left..left + CELL {
            let at = (y * ACROSS * CELL + x) * 4;
            let cover = f32::from(pixels[at + 3]);
            rgba.extend((0..3).map(|c| f32::from(pixels[at + c]) * cover / 255.0));
            rgba.push(cover);
        }
    }
    Copy { edge: CELL, rgba }
}

impl Sprite {
    fn new(whole: Copy) -> Sprite {
        let edge = whole.outline();
        let mut copies = vec![whole];
        while copies.len() < COPIES {
            copies.extend(copies.last().map(Copy::halved));
        }
        Sprite { copies, edge }
    }

    /// The colour times the cover, and the cover, at `u`, `v` of the cell (0 to 1), where a step of the picture is so
    /// many texels of the largest copy long.
    pub fn at(&self, u: f32, v: f32, step: f32) -> [f32; 4] {
        let mut level = 0;
        while level + 1 < self.copies.len() && step >= (2 << level) as f32 {
            level += 1;
        }
        self.copies[level].at(u, v)
    }

    /// Texels along the edge of the largest copy.
    pub fn texels(&self) -> f32 {
        CELL as f32
    }
}

impl Copy {
    fn texel(&self, x: i32, y: i32) -> [f32; 4] {
        let inside = |n: i32| (0..self.edge as i32).contains(&n);
        if !inside(x) || !inside(y) {
            return [0.0; 4];
        }
        let at = (y as usize * self.edge + x as usize) * 4;
        [self.rgba[at], self.rgba[at + 1], self.rgba[at + 2], self.rgba[at + 3]]
    }

    /// Between four texels, by their nearness.
    fn at(&self, u: f32, v: f32) -> [f32; 4] {
        let (x, y) = (u * self.edge as f32 - 0.5, v * self.edge as f32 - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right, below) = (x - left, y - top);
        let (l, t) = (left as i32, top as i32);
        let corners = [self.texel(l, t), self.texel(l + 1, t), self.texel(l, t + 1), self.texel(l + 1, t + 1)];
        std::array::from_fn(|c| {
            let upper = corners[0][c] + (corners[1][c] - corners[0][c]) * right;
            let lower = corners[2][c] + (corners[3][c] - corners[2][c]) * right;
            upper + (lower - upper) * below
        })
    }

    fn halved(&self) -> Copy {
        let edge = self.edge / 2;
        let mut rgba = Vec::with_capacity(edge * edge * 4);
        for y in 0..edge as i32 {
            for x in 0..edge as i32 {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.texel(2 * x + dx, 2 * y + dy));
                rgba.extend((0..4).map(|c| (four[0][c] + four[1][c] + four[2][c] + four[3][c]) / 4.0));
            }
        }
        Copy { edge, rgba }
    }

    /// The mean colour of covered texels that have an uncovered one three texels away.
    fn outline(&self) -> Rgb {
        let (mut sum, mut count) = ([0.0; 3], 0.0f32);
        for y in 0..self.edge as i32 {
            for x in 0..self.edge as i32 {
                let here = self.texel(x, y);
                let ends =
                    [(3, 0), (-3, 0), (0, 3), (0, -3)].iter().any(|(dx, dy)| self.texel(x + dx, y + dy)[3] < 16.0);
                if here[3] > 240.0 && ends {
                    sum = std::array::from_fn(|c| sum[c] + here[c]);
                    count += 1.0;
                }
            }
        }
        sum.map(|s| s / count.max(1.0))
    }
}
