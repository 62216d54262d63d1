//! Where what is drawn covers a picture: things, shapes and strokes, pixel by pixel.

use crate::atlas::Sprite;
use crate::scene::{Shape, Thing};

/// A point in a frame that was moved, turned and sized: −½ to ½ inside.
pub struct Frame {
    x: f32,
    y: f32,
    size: f32,
    sine: f32,
    cosine: f32,
}

impl Frame {
    pub fn new(x: f32, y: f32, size: f32, degrees: f32) -> Frame {
        let (sine, cosine) = libm::sincosf(degrees * (std::f32::consts::PI / 180.0));
        Frame { x, y, size, sine, cosine }
    }

    pub fn inside(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = ((x - self.x) / self.size, (y - self.y) / self.size);
        (dx * self.cosine + dy * self.sine, dy * self.cosine - dx * self.sine)
    }

    /// Pixels of a picture that it may cover, also those beyond its border: first and last column, first and last row.
    pub fn pixels(&self, edge: usize) -> [i32; 4] {
        let reach = self.size * 0.5 * (self.sine.abs() + self.cosine.abs());
        let at = |n: f32| (n * edge as f32).floor() as i32;
        [at(self.x - reach), at(self.x + reach), at(self.y - reach), at(self.y + reach)]
    }
}

impl Thing {
    pub fn frame(&self) -> Frame {
        Frame::new(self.x, self.y, self.size, self.turn)
    }
}

/// Colour times cover, and cover, of a thing at a point of a picture of so many pixels: 0 to 255.
pub fn ink(frame: &Frame, sprite: &Sprite, x: f32, y: f32, edge: usize) -> [f32; 4] {
    let (u, v) = frame.inside(x, y);
    sprite.at(u + 0.5, v + 0.5, sprite.texels() / (frame.size * edge as f32))
}

/// How far inside an outline a point of its frame is, in edges of the frame.
pub const OUTLINES: [fn(f32, f32) -> f32; 3] = [
    |x, y| 0.5 - (x * x + y * y).sqrt(),
    |x, y| 0.42 - x.abs().max(y.abs()),
    |x, y| 0.25 - y.max(x.abs() * 0.866_025_4 - y * 0.5),
];

impl Shape {
    /// How far inside it a point is; less than 0 outside.
    pub fn depth(&self, frame: &Frame, x: f32, y: f32) -> f32 {
        let (u, v) = frame.inside(x, y);
        OUTLINES[self.outline](u, v) * self.size
    }
}
