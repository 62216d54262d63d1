//! What can be seen of each thing: measured on pixels, since what is asked has to be visible.

use crate::canvas::ink;
use crate::{Atlas, Scene};

/// Edge of the picture on which it is measured.
const EDGE: usize = 112;
/// From this cover on a pixel shows a thing.
const SHOWS: f32 = 127.5;

#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The share of a thing that nothing hides, and that is inside the picture.
    pub share: f32,
    /// What is seen of it, as a share of the picture.
    pub area: f32,
    /// Its middle: between the first and the last column, and row, that show it.
    pub x: f32,
    pub y: f32,
}

/// The thing on top at the middle of each pixel of a picture, counted from 1, and all of each thing's pixels, hidden or
/// not.
fn layers(scene: &Scene, atlases: &[Atlas]) -> (Vec<usize>, Vec<usize>) {
    let mut top = vec![0usize; EDGE * EDGE];
    let mut whole = vec![0usize; scene.things.len()];
    let middle = |n: i32| (n as f32 + 0.5) / EDGE as f32;
    for (i, thing) in scene.things.iter().enumerate() {
        let (frame, sprite) = (thing.frame(), atlases[thing.style].sprite(thing.kind));
        let [left, right, above, below] = frame.pixels(EDGE);
        for y in above..=below {
            for x in left..=right {
                if ink(&frame, sprite, middle(x), middle(y), EDGE)[3] < SHOWS {
                    continue;
                }
                whole[i] += 1;
                let inside = |n: i32| (0..EDGE as i32).contains(&n);
                if inside(x) && inside(y) {
                    top[y as usize * EDGE + x as usize] = i + 1;
                }
            }
        }
    }
    (top, whole)
}

/// The kind of thing that covers most of each of `grid`·`grid` cells, counted from 1: 0 where none covers a fifth.
pub fn labels(scene: &Scene, atlases: &[Atlas], grid: usize) -> Vec<usize> {
    let (top, _) = layers(scene, atlases);
    let bounds = |cell: usize| cell * EDGE / grid..((cell + 1) * EDGE / grid).max(cell * EDGE / grid + 1);
    let label = |cell: usize| {
        let mut counts = vec![0usize; scene.things.len() + 1];
        for y in bounds(cell / grid) {
            bounds(cell % grid).for_each(|x| counts[top[y * EDGE + x]] += 1);
        }
        let (all, most) = (counts.iter().sum::<usize>(), (1..counts.len()).max_by_key(|&i| counts[i]));
        most.filter(|&i| 5 * counts[i] >= all).map_or(0, |i| scene.things[i - 1].kind + 1)
    };
    (0..grid * grid).map(label).collect()
}

/// Of every thing, in their order.
pub fn see(scene: &Scene, atlases: &[Atlas]) -> Vec<Seen> {
    let (top, whole) = layers(scene, atlases);
    let mut boxes = vec![[EDGE, 0, EDGE, 0]; scene.things.len()];
    let mut counts = vec![0usize; scene.things.len()];
    for (at, &i) in top.iter().enumerate().filter(|(_, i)| **i > 0) {
        let (x, y, b) = (at % EDGE, at / EDGE, &mut boxes[i - 1]);
        *b = [b[0].min(x), b[1].max(x), b[2].min(y), b[3].max(y)];
        counts[i - 1] += 1;
    }
    let seen = |i: usize| Seen {
        share: counts[i] as f32 / whole[i].max(1) as f32,
        area: counts[i] as f32 / (EDGE * EDGE) as f32,
        x: (boxes[i][0] + boxes[i][1] + 1) as f32 / (2 * EDGE) as f32,
        y: (boxes[i][2] + boxes[i][3] + 1) as f32 / (2 * EDGE) as f32,
    };
    (0..scene.things.len()).map(seen).collect()
}
