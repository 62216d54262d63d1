//! Samples of all components become red, green and blue.

use super::frame::Frame;
use super::marker::Headers;

/// Rows of samples, how many of them are pixels, and where the colours go.
pub type Row = fn(&[Vec<u8>], usize, &mut Vec<u8>);

const GREY: Row = |rows, width, out| out.extend(rows[0][..width].iter().flat_map(|v| [*v; 3]));
const PLAIN: Row = |rows, width, out| each(rows, width, out, |[r, g, b]| [r, g, b]);
const LUMA: Row = |rows, width, out| each(rows, width, out, rgb);
const PRINT: Row = |rows, width, out| each(rows, width, out, |[c, m, y, k]| ink([c, m, y].map(|v| 255 - v), k));
const PRINT_LUMA: Row = |rows, width, out| each(rows, width, out, |[y, b, r, k]| ink(rgb([y, b, r]), k));

/// What the components mean; where no marker says it, as libjpeg guesses.
pub fn of(headers: &Headers, frame: &Frame) -> Row {
    let ids: Vec<_> = frame.components.iter().map(|c| c.id).collect();
    match (ids.len(), headers.jfif, headers.adobe) {
        (1, ..) => GREY,
        (4, _, None | Some(0)) => PRINT,
        (4, ..) => PRINT_LUMA,
        (_, true, _) => LUMA,
        (_, _, Some(0)) => PLAIN,
        (_, _, None) if ids == *b"RGB" => PLAIN,
        _ => LUMA,
    }
}

fn each<const N: usize>(rows: &[Vec<u8>], width: usize, out: &mut Vec<u8>, colour: fn([u8; N]) -> [u8; 3]) {
    out.extend((0..width).flat_map(|x| colour(std::array::from_fn(|i| rows[i][x]))));
}

/// A factor with sixteen bits behind the point.
const fn fixed(value: f64) -> i32 {
    (value * 65536.0 + 0.5) as i32
}

/// Luminance and two differences. Green is rounded once, of both.
fn rgb([y, blue, red]: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let [y, blue, red] = [y as i32, blue as i32 - 128, red as i32 - 128];
    [fixed(1.402) * red + HALF, HALF - fixed(0.344_14) * blue - fixed(0.714_14) * red, fixed(1.772) * blue + HALF]
        .map(|more| (y + (more >> 16)).clamp(0, 255) as u8)
}

/// Ink as Pillow shows it: it takes all files of print for Adobe's, which store what is left white.
fn ink(colour: [u8; 3], white: u8) -> [u8; 3] {
    colour.map(|ink| {
        let product = ink as u32 * white as u32 + 128;
        white - ((product + (product >> 8)) >> 8) as u8
    })
}
