//! What lies around the first frame of a GIF that does not fill its canvas: the decoder leaves it black, Pillow has the colour
//! there that its palette's first number has, or the one that stands for nothing.

use super::{Picture, RGB};

/// Where the frame lies, as left, top, right and bottom, and the colour around it.
struct Ground {
    frame: [usize; 4],
    colour: [u8; RGB],
}

/// Paints what the frame does not cover.
pub fn paint(picture: &mut Picture, file: &[u8]) {
    let Some(Ground { frame: [left, top, right, bottom], colour }) = ground(file) else { return };
    let width = picture.size.width;
    for (i, pixel) in picture.bytes.chunks_exact_mut(RGB).enumerate() {
        let (x, y) = (i % width, i / width);
        if !(left..right).contains(&x) || !(top..bottom).contains(&y) {
            pixel.copy_from_slice(&colour);
        }
    }
}

/// A canvas, extensions of blocks whose lengths stand before them, and the frame.
fn ground(file: &[u8]) -> Option<Ground> {
    let byte = |at: usize| file.get(at).map(|b| *b as usize);
    let short = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    // Where a palette is, and how many colours it has.
    let palette = |at: usize, flags: usize| if flags & 0x80 != 0 { (at, 2 << (flags & 7)) } else { (at, 0) };
    let general = palette(13, byte(10)?);
    let mut at = general.0 + RGB * general.1;
    let mut nothing = 0;
    while byte(at)? == 0x21 {
        if byte(at + 1)? == 0xf9 && byte(at + 3)? & 1 != 0 {
            nothing = byte(at + 6)?;
        }
        at += 2;
        while byte(at)? != 0 {
            at += 1 + byte(at)?;
        }
        at += 1;
    }
    if byte(at)? != 0x2c {
        return None;
    }
    let [left, top, width, height] = [short(at + 1)?, short(at + 3)?, short(at + 5)?, short(at + 7)?];
    let own = palette(at + 10, byte(at + 9)?);
    let (start, colours) = if own.1 > 0 { own } else { general };
    let colour = if nothing < colours { *file.get(start + RGB * nothing..)?.first_chunk()? } else { [0; RGB] };
    Some(Ground { frame: [left, top, left + width, top + height], colour })
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_ops::Grid;

    /// A canvas of 3×2 with two colours, and a frame of one pixel in its middle.
    fn file(extension: &[u8], own: &[u8]) -> Vec<u8> {
        let flags = if own.is_empty() { 0 } else { 0x80 };
        [b"GIF89a\x03\0\x02\0\x80\0\0", &[9, 8, 7, 6, 5, 4][..], extension, &[0x2c, 1, 0, 0, 0, 1, 0, 1, 0, flags], own]
            .concat()
    }

    #[test]
    fn what_no_frame_covers_has_a_colour() {
        let clear: &[u8] = &[0x21, 0xfe, 2, b'h', b'i', 0, 0x21, 0xf9, 4, 1, 0, 0, 1, 0];
        for (file, colour) in
            [(file(&[], &[]), [9, 8, 7]), (file(clear, &[]), [6, 5, 4]), (file(clear, &[1, 1, 1, 2, 2, 2]), [2, 2, 2])]
        {
            let mut picture = Picture { size: Grid { height: 2, width: 3 }, bytes: vec![0; 18] };
            paint(&mut picture, &file);
            let expected: Vec<u8> = (0..6).flat_map(|i| if i == 1 { [0; RGB] } else { colour }).collect();
            assert_eq!(picture.bytes, expected);
            assert!((0..file.len() - 6).all(|cut| ground(&file[..cut]).is_none_or(|g| g.frame == [1, 0, 2, 1])));
        }
    }
}
