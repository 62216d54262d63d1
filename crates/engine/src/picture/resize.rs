//! Resampling as Pillow does it: first along rows, then along columns, with eight bits in between. (Pillow 13 takes
//! columns first for some sizes and rounds another way then; Pillow 12 and torchvision do it as here.)
//!
//! Where a picture shrinks, a filter widens with it, so that every pixel counts. Weights are whole numbers of 2⁻²².

use super::{Filter, Picture, RGB};
use squint_ops::Grid;

/// A piece of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub top: usize,
    pub left: usize,
    pub size: Grid,
}

impl Part {
    pub fn whole(size: Grid) -> Part {
        Part { top: 0, left: 0, size }
    }
}

/// Bits of a weight after the point.
const BITS: u32 = 22;

/// The picture at another size, of that only one part: a long strip is never made to cut a square out of it.
pub fn resize(picture: &Picture, to: Grid, part: Part, filter: Filter) -> Picture {
    if picture.size == to {
        return picture.cut(part);
    }
    if filter.reach == 0.0 {
        return nearest(picture, to, part);
    }
    let (Grid { height, width }, size) = (picture.size, part.size);
    // An axis that keeps its length is not touched.
    let axis = |from, to, start, len| (from != to).then(|| taps(from, to, start, len, filter));
    let down = axis(height, to.height, part.top, size.height);
    // Rows that the second pass looks at.
    let (first, end) = match &down {
        Some(taps) => (taps.first().map_or(0, |t| t.from), taps.last().map_or(0, |t| t.from + t.weights.len())),
        None => (part.top, part.top + size.height),
    };
    let narrow = match axis(width, to.width, part.left, size.width) {
        Some(taps) => across(picture, first, end, &taps),
        None => {
            picture.cut(Part { top: first, left: part.left, size: Grid { height: end - first, width: size.width } })
        }
    };
    match down {
        Some(taps) => along(&narrow, first, &taps),
        None => narrow,
    }
}

/// Pixels that make one, and what each counts.
struct Tap {
    from: usize,
    weights: Vec<i32>,
}

/// `len` taps from `start` on, of an axis that goes from `size` pixels to `to`.
fn taps(size: usize, to: usize, start: usize, len: usize, filter: Filter) -> Vec<Tap> {
    let scale = size as f64 / to as f64;
    let wide = scale.max(1.0);
    let reach = filter.reach * wide;
    let tap = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let from = (centre - reach + 0.5).max(0.0) as usize;
        let end = ((centre + reach + 0.5) as usize).min(size);
        let inverse = 1.0 / wide;
        let weights: Vec<f64> = (from..end).map(|x| (filter.weight)((x as f64 - centre + 0.5) * inverse)).collect();
        let sum: f64 = weights.iter().sum();
        let whole = |w: &f64| {
            let w = if sum == 0.0 { *w } else { w / sum } * (1 << BITS) as f64;
            // Halves go away from zero, and the cast towards it.
            (w + 0.5f64.copysign(w)) as i32
        };
        Tap { from, weights: weights.iter().map(whole).collect() }
    };
    (start..start + len).map(tap).collect()
}

/// A weighted sum, rounded into a byte.
fn byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (BITS - 1);

/// Rows `first` to `end`, each made of taps of itself.
fn across(picture: &Picture, first: usize, end: usize, taps: &[Tap]) -> Picture {
    let size = Grid { height: end - first, width: taps.len() };
    let mut bytes = Vec::with_capacity(size.rows() * RGB);
    for y in first..end {
        let row = picture.row(y);
        for tap in taps {
            let mut sums = [HALF; RGB];
            for (pixel, w) in row[tap.from * RGB..].as_chunks::<RGB>().0.iter().zip(&tap.weights) {
                (0..RGB).for_each(|c| sums[c] += pixel[c] as i32 * w);
            }
            bytes.extend(sums.map(byte));
        }
    }
    Picture { size, bytes }
}

/// Rows made of taps of rows; the picture's first row is the one numbered `first`.
fn along(picture: &Picture, first: usize, taps: &[Tap]) -> Picture {
    let size = Grid { height: taps.len(), width: picture.size.width };
    let mut bytes = Vec::with_capacity(size.rows() * RGB);
    let mut sums = vec![HALF; size.width * RGB];
    for tap in taps {
        sums.fill(HALF);
        for (i, w) in tap.weights.iter().enumerate() {
            let row = picture.row(tap.from - first + i);
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += *v as i32 * w);
        }
        bytes.extend(sums.iter().map(|sum| byte(*sum)));
    }
    Picture { size, bytes }
}

fn nearest(picture: &Picture, to: Grid, part: Part) -> Picture {
    // Pillow walks in steps and adds them up; a product would end on another pixel here and there.
    let walk = |size: usize, to: usize, start: usize, len: usize| -> Vec<usize> {
        let step = size as f64 / to as f64;
        let places = std::iter::successors(Some(step * 0.5), |x| Some(x + step));
        places.skip(start).take(len).map(|x| (x as usize).min(size - 1)).collect()
    };
    let columns = walk(picture.size.width, to.width, part.left, part.size.width);
    let rows = walk(picture.size.height, to.height, part.top, part.size.height);
    let pixels = rows.iter().flat_map(|y| columns.iter().map(|x| &picture.row(*y)[x * RGB..][..RGB]));
    Picture { size: part.size, bytes: pixels.flatten().copied().collect() }
}
