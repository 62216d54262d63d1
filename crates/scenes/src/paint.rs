//! A scene's picture.

use crate::canvas::{Frame, ink};
use crate::colour::{Rgb, between};
use crate::{Atlas, Scene, styles::styles};

/// Samples of a thing along each edge of a pixel.
const SAMPLES: usize = 2;

/// `edge`·`edge` pixels of red, green and blue; `atlases` in the order of `styles()`.
pub fn paint(scene: &Scene, atlases: &[Atlas], edge: usize) -> Vec<u8> {
    debug_assert_eq!(atlases.len(), styles().len());
    let middle = |n: usize| (n as f32 + 0.5) / edge as f32;
    let mut canvas: Vec<Rgb> = (0..edge * edge).map(|i| scene.ground.at(middle(i % edge), middle(i / edge))).collect();
    for shape in &scene.shapes {
        let frame = Frame::new(shape.x, shape.y, shape.size, shape.turn);
        cover(&mut canvas, edge, frame.pixels(edge), |x, y| {
            let share = (shape.depth(&frame, middle(x), middle(y)) * edge as f32 + 0.5).clamp(0.0, 1.0);
            (shape.rgb, share)
        });
    }
    if let Some(number) = &scene.number {
        let size = number.wide().max(number.size) * 1.3;
        cover(&mut canvas, edge, Frame::new(number.x, number.y, size, 0.0).pixels(edge), |x, y| {
            let share = (number.depth(middle(x), middle(y)) * edge as f32 + 0.5).clamp(0.0, 1.0);
            (number.rgb, share)
        });
    }
    for thing in &scene.things {
        let (frame, sprite) = (thing.frame(), atlases[thing.style].sprite(thing.kind));
        let part = |n: usize, s: usize| (n as f32 + (s as f32 + 0.5) / SAMPLES as f32) / edge as f32;
        cover(&mut canvas, edge, frame.pixels(edge), |x, y| {
            let mut sum = [0.0f32; 4];
            for s in 0..SAMPLES * SAMPLES {
                let one = ink(&frame, sprite, part(x, s % SAMPLES), part(y, s / SAMPLES), edge);
                sum = std::array::from_fn(|c| sum[c] + one[c]);
            }
            let share = sum[3] / (255 * SAMPLES * SAMPLES) as f32;
            let own = if sum[3] > 0.0 { [sum[0], sum[1], sum[2]].map(|c| c * 255.0 / sum[3]) } else { [0.0; 3] };
            (own, share)
        });
    }
    canvas.iter().flat_map(|rgb| rgb.map(|c| (c + 0.5).clamp(0.0, 255.0) as u8)).collect()
}

/// Lays a colour over those pixels of a picture, each to the share that it says.
fn cover(
    canvas: &mut [Rgb],
    edge: usize,
    [left, right, top, bottom]: [i32; 4],
    at: impl Fn(usize, usize) -> (Rgb, f32),
) {
    let inside = |n: i32| n.clamp(0, edge as i32 - 1) as usize;
    if right < 0 || bottom < 0 || left >= edge as i32 || top >= edge as i32 {
        return;
    }
    for y in inside(top)..=inside(bottom) {
        for x in inside(left)..=inside(right) {
            let (rgb, share) = at(x, y);
            let pixel = &mut canvas[y * edge + x];
            *pixel = between(*pixel, rgb, share);
        }
    }
}
