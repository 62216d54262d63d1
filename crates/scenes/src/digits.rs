//! Digits as strokes: no font, and the same everywhere. Each is 0.6 wide and 1 high.

use crate::scene::Number;

type Point = (f32, f32);

const STROKES: [&[Point]; 9] = [
    &[
        (0.3, 0.0),
        (0.48, 0.06),
        (0.58, 0.25),
        (0.6, 0.5),
        (0.58, 0.75),
        (0.48, 0.94),
        (0.3, 1.0),
        (0.12, 0.94),
        (0.02, 0.75),
        (0.0, 0.5),
        (0.02, 0.25),
        (0.12, 0.06),
        (0.3, 0.0),
    ],
    &[(0.1, 0.2), (0.35, 0.0), (0.35, 1.0)],
    &[(0.02, 0.22), (0.1, 0.06), (0.3, 0.0), (0.5, 0.06), (0.58, 0.25), (0.5, 0.45), (0.02, 1.0), (0.6, 1.0)],
    &[
        (0.03, 0.1),
        (0.2, 0.0),
        (0.42, 0.03),
        (0.55, 0.2),
        (0.48, 0.4),
        (0.25, 0.47),
        (0.5, 0.54),
        (0.6, 0.74),
        (0.48, 0.94),
        (0.25, 1.0),
        (0.02, 0.9),
    ],
    &[(0.45, 1.0), (0.45, 0.0), (0.0, 0.68), (0.6, 0.68)],
    &[
        (0.55, 0.0),
        (0.08, 0.0),
        (0.04, 0.45),
        (0.3, 0.38),
        (0.54, 0.5),
        (0.6, 0.7),
        (0.5, 0.92),
        (0.25, 1.0),
        (0.02, 0.9),
    ],
    &[
        (0.5, 0.04),
        (0.28, 0.08),
        (0.08, 0.35),
        (0.0, 0.65),
        (0.1, 0.92),
        (0.3, 1.0),
        (0.5, 0.94),
        (0.6, 0.72),
        (0.5, 0.5),
        (0.3, 0.43),
        (0.1, 0.52),
        (0.02, 0.65),
    ],
    &[(0.0, 0.0), (0.6, 0.0), (0.2, 1.0)],
    &[
        (0.3, 0.46),
        (0.08, 0.36),
        (0.04, 0.16),
        (0.16, 0.02),
        (0.3, 0.0),
        (0.44, 0.02),
        (0.56, 0.16),
        (0.52, 0.36),
        (0.3, 0.46),
        (0.06, 0.58),
        (0.0, 0.78),
        (0.1, 0.94),
        (0.3, 1.0),
        (0.5, 0.94),
        (0.6, 0.78),
        (0.54, 0.58),
        (0.3, 0.46),
    ],
];
const WIDE: f32 = 0.6;
const GAP: f32 = 0.3;

impl Number {
    /// How wide it is.
    pub fn wide(&self) -> f32 {
        let digits = if self.value < 10 { WIDE } else { 2.0 * WIDE + GAP };
        digits * self.size
    }

    /// How far inside its strokes a point is; less than 0 outside.
    pub fn depth(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x - self.x + self.wide() / 2.0) / self.size, (y - self.y) / self.size + 0.5);
        let near = match (self.value / 10, self.value % 10) {
            (0, one) => away(one, x, y),
            (ten, one) => away(ten, x, y).min(away(one, x - WIDE - GAP, y)),
        };
        (self.width / 2.0 - near) * self.size
    }
}

/// How far a point is from a digit's strokes.
fn away(digit: u8, x: f32, y: f32) -> f32 {
    // A nine is a six on its head.
    let (strokes, x, y) = match digit {
        9 => (STROKES[6], WIDE - x, 1.0 - y),
        digit => (STROKES[usize::from(digit)], x, y),
    };
    strokes.windows(2).map(|ends| from_line(ends[0], ends[1], x, y)).fold(f32::INFINITY, f32::min)
}

fn from_line((ax, ay): Point, (bx, by): Point, x: f32, y: f32) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let (ox, oy) = (x - ax - along * dx, y - ay - along * dy);
    (ox * ox + oy * oy).sqrt()
}
