//! How a picture is held, as EXIF tells it, wherever a file keeps that. Read here and not by the decoders: they look in some of
//! the places only, and pictures would lie on their side.

use image::ImageFormat;

/// The tag of the orientation, and the types of numbers it comes in: of two bytes, or of four.
const TAG: u16 = 0x0112;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// 1 to 8; 0 where nothing is said.
pub fn turn(format: ImageFormat, file: &[u8]) -> u8 {
    let chunk = match format {
        ImageFormat::Png => png(file),
        ImageFormat::WebP => webp(file),
        _ => None,
    };
    chunk.map_or(0, orientation)
}

/// Of an EXIF chunk, with its signature or without.
pub fn orientation(chunk: &[u8]) -> u8 {
    read(chunk.strip_prefix(b"Exif\0\0").unwrap_or(chunk)).unwrap_or(0)
}

fn read(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if big { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if big { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    };
    let table = long(4)? as usize;
    let entries = (0..short(table)? as usize).map(|i| table + 2 + 12 * i);
    let found = entries.take_while(|at| at + 12 <= tiff.len()).find(|at| short(*at) == Some(TAG))?;
    let turn = match short(found + 2)? {
        SHORT => short(found + 8)? as u32,
        LONG => long(found + 8)?,
        _ => return None,
    };
    (1..=8).contains(&turn).then_some(turn as u8)
}

/// Chunks are a length, a name, so many bytes and a checksum; EXIF may come after the picture.
fn png(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(8..)?;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        if rest.get(4..8)? == b"eXIf" {
            return rest.get(8..)?.get(..length);
        }
        rest = rest.get(8..)?.get(length..)?.get(4..)?;
    }
}

/// Chunks are a name, a length and so many bytes, and begin at even places.
fn webp(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        let body = rest.get(8..)?;
        if rest.get(..4)? == b"EXIF" {
            return body.get(..length);
        }
        rest = body.get(length..)?.get(length % 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of one entry, in both orders of bytes.
    fn tiff(big: bool, kind: u16, turn: u32) -> Vec<u8> {
        let two = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let four = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let value = if kind == SHORT { [two(turn as u16), [0; 2]].concat() } else { four(turn).to_vec() };
        let head: &[u8] = if big { b"MM\0*" } else { b"II*\0" };
        [head, &four(8), &two(1), &two(TAG), &two(kind), &four(1), &value].concat()
    }

    #[test]
    fn every_order_and_type_is_read() {
        for big in [false, true] {
            for kind in [SHORT, LONG] {
                let plain = tiff(big, kind, 6);
                assert_eq!((orientation(&plain), orientation(&[b"Exif\0\0", &plain[..]].concat())), (6, 6));
                assert!((0..plain.len()).all(|cut| orientation(&plain[..cut]) == 0));
                assert_eq!((orientation(&tiff(big, kind, 0)), orientation(&tiff(big, kind, 9))), (0, 0));
            }
        }
        assert_eq!(orientation(&tiff(false, 2, 6)), 0, "text is no number");
    }

    #[test]
    fn it_may_come_after_the_picture() {
        let body = tiff(true, SHORT, 8);
        let chunk = |name: &[u8], body: &[u8]| [&(body.len() as u32).to_be_bytes(), name, body, &[0; 4]].concat();
        let png = [b"\x89PNG\r\n\x1a\n", &chunk(b"IDAT", &[1, 2, 3])[..], &chunk(b"eXIf", &body)].concat();
        assert_eq!((turn(ImageFormat::Png, &png), turn(ImageFormat::Png, &png[..30])), (8, 0));
        let chunk = |name: &[u8], body: &[u8]| [name, &(body.len() as u32).to_le_bytes(), body].concat();
        let signed = [b"Exif\0\0", &body[..]].concat();
        let webp = [b"RIFF....WEBP", &chunk(b"ANMF", &[1, 2, 3])[..], &[0], &chunk(b"EXIF", &signed)].concat();
        assert_eq!((turn(ImageFormat::WebP, &webp), turn(ImageFormat::WebP, &webp[..20])), (8, 0));
    }
}
