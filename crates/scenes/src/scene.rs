//! What a picture shows, in numbers. Lengths are shares of the picture's edge, x to the right and y down.

use crate::colour::Rgb;
use crate::ground::Ground;
use crate::hash::hash;

#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub ground: Ground,
    /// Below everything else; nobody asks about them.
    pub shapes: Vec<Shape>,
    pub number: Option<Number>,
    /// The last one is on top.
    pub things: Vec<Thing>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    pub kind: usize,
    pub style: usize,
    /// Its middle.
    pub x: f32,
    pub y: f32,
    /// Its longer edge, before it is turned.
    pub size: f32,
    /// Degrees, clockwise.
    pub turn: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Which of `canvas::OUTLINES`.
    pub outline: usize,
    pub x: f32,
    pub y: f32,
    pub size: f32,
    pub turn: f32,
    pub rgb: Rgb,
}

/// A number to be read, of one digit or two.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub value: u8,
    pub x: f32,
    pub y: f32,
    /// Its height.
    pub size: f32,
    /// Of its strokes, as a share of its height.
    pub width: f32,
    pub rgb: Rgb,
}

impl Scene {
    /// The same for the same scene only, as far as 64 bits go.
    pub fn hash(&self) -> u64 {
        let mut bytes = self.ground.bytes();
        let mut put = |numbers: &[f32]| bytes.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        for s in &self.shapes {
            put(&[0.0, s.outline as f32, s.x, s.y, s.size, s.turn, s.rgb[0], s.rgb[1], s.rgb[2]]);
        }
        if let Some(n) = &self.number {
            put(&[1.0, f32::from(n.value), n.x, n.y, n.size, n.width, n.rgb[0], n.rgb[1], n.rgb[2]]);
        }
        for t in &self.things {
            put(&[2.0, t.kind as f32, t.style as f32, t.x, t.y, t.size, t.turn]);
        }
        hash(&bytes)
    }
}
