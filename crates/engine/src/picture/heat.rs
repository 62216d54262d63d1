//! A map over a picture, to be looked at: the picture, and beside it the same in grey under the map's colours.

use super::{Picture, RGB};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use squint_ops::{Error, Grid};

/// From nothing to all: night, violet, red, orange, light. Lightness rises throughout, so that it reads in grey, too.
const COLOURS: [[f32; RGB]; 5] =
    [[8.0, 6.0, 30.0], [90.0, 20.0, 110.0], [190.0, 55.0, 80.0], [245.0, 140.0, 30.0], [252.0, 250.0, 180.0]];

/// How much of the map shows; the rest is the picture.
const SHARE: f32 = 0.7;

fn colour(value: f32) -> [f32; RGB] {
    let steps = COLOURS.len() - 1;
    let at = value.clamp(0.0, 1.0) * steps as f32;
    let (first, part) = ((at as usize).min(steps - 1), at - (at as usize).min(steps - 1) as f32);
    std::array::from_fn(|c| COLOURS[first][c] * (1.0 - part) + COLOURS[first + 1][c] * part)
}

/// A PNG twice as wide as the picture. `map` has a number from 0 to 1 for each pixel.
pub fn heat(picture: &Picture, map: &[f32]) -> Result<Vec<u8>, Error> {
    let Grid { height, width } = picture.size;
    if map.len() != height * width {
        return Err(Error::bug(format!("a map of {} numbers over {height}×{width} pixels", map.len())));
    }
    let mut both = Picture::plain(Grid { height, width: 2 * width }, [0; RGB]);
    both.lay(picture, 0, 0);
    let mut over = picture.clone();
    for (pixel, value) in over.bytes.chunks_exact_mut(RGB).zip(map) {
        let grey = pixel.iter().map(|v| *v as f32).sum::<f32>() / RGB as f32;
        let shown = colour(*value).map(|c| (SHARE * c + (1.0 - SHARE) * grey).round() as u8);
        pixel.copy_from_slice(&shown);
    }
    both.lay(&over, 0, width);
    let mut out = vec![];
    let encoder = PngEncoder::new(&mut out);
    let done = encoder.write_image(&both.bytes, 2 * width as u32, height as u32, ExtendedColorType::Rgb8);
    done.map_err(|e| Error::bug(format!("a picture cannot be written: {e}")))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::decode;

    #[test]
    fn the_map_lies_beside_the_picture() {
        let picture = Picture::plain(Grid { height: 2, width: 3 }, [10, 20, 30]);
        let png = heat(&picture, &[0.0, 0.25, 0.5, 0.75, 1.0, 2.0]).unwrap();
        let got = pollster::block_on(decode("heat.png", &png, &squint_ops::Host::native())).unwrap();
        assert_eq!(got.size, Grid { height: 2, width: 6 });
        let pixel = |y: usize, x: usize| &got.bytes[(y * 6 + x) * RGB..][..RGB];
        assert_eq!(pixel(1, 2), [10, 20, 30]);
        // 0.7 of the colour and 0.3 of the grey, which is 20.
        assert_eq!(
            (pixel(0, 3), pixel(1, 4), pixel(1, 5)),
            (&[12, 10, 27][..], &[182, 181, 132][..], &[182, 181, 132][..])
        );
        assert!(heat(&picture, &[0.0; 5]).is_err());
    }
}
