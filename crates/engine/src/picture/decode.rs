//! A file's bytes become a picture: eight bits of red, green and blue, turned upright.
//!
//! What is transparent keeps the colour that is stored under it, as Pillow's `convert("RGB")` does; of sixteen bits the
//! upper eight are kept, as it does, too, but those of grey alone are cut off at 255: whatever is lighter is white. The sizes a file claims are believed up to a bound, and only after that is memory asked for.

use super::jpeg::{Fault, Jpeg};
use super::pace::Pace;
use super::{Picture, RGB};
use super::{exif, gif};
use image::error::ImageError;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use squint_ops::{Error, Grid, Host};
use std::fmt::Display;
use std::io::{Cursor, ErrorKind};

/// Decoded bytes that are possible: a photograph of 89 million pixels.
const MOST: u64 = 1 << 28;

/// Formats by the names people know.
const FORMATS: &[(ImageFormat, &str)] = &[
    (ImageFormat::Png, "PNG"),
    (ImageFormat::Jpeg, "JPEG"),
    (ImageFormat::WebP, "WebP"),
    (ImageFormat::Gif, "GIF"),
    (ImageFormat::Bmp, "BMP"),
];

/// `name` is for messages. Of a moving picture it is the first frame. JPEGs, of which the largest pictures are, are decoded
/// with stops: dropping the future ends the work.
pub async fn decode(name: &str, bytes: &[u8], host: &Host) -> Result<Picture, Error> {
    let (format, word) = format(name, bytes)?;
    if format != ImageFormat::Jpeg {
        return other(name, bytes, (format, word));
    }
    let fault = |e| fault(name, word, e);
    let jpeg = Jpeg::open(bytes).map_err(fault)?;
    let (size, turn) = (jpeg.size(), jpeg.turn());
    possible(name, word, size, jpeg.weight())?;
    Ok(turned(jpeg.picture(&mut Pace::new(host)).await.map_err(fault)?, turn))
}

type Reader<'a> = ImageReader<Cursor<&'a [u8]>>;

fn reader<'a>(name: &str, bytes: &'a [u8]) -> Result<Reader<'a>, Error> {
    ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| broken(name, "", &e.into()))
}

fn format(name: &str, bytes: &[u8]) -> Result<(ImageFormat, &'static str), Error> {
    let known = reader(name, bytes)?.format().and_then(|f| FORMATS.iter().find(|(known, _)| *known == f));
    known.copied().ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|(_, name)| *name).collect();
        let what = format!("'{name}' is no picture in a format that can be read");
        Error::new("picture", what, format!("formats are {}", names.join(", ")))
    })
}

/// In one piece. No future: what a future needs is compiled where it is awaited, and there decoders were not made small.
fn other(name: &str, bytes: &[u8], (format, word): (ImageFormat, &'static str)) -> Result<Picture, Error> {
    let trouble = |e| broken(name, word, &e);
    let mut decoder = reader(name, bytes)?.into_decoder().map_err(trouble)?;
    let ((width, height), colour, all) = (decoder.dimensions(), decoder.color_type(), decoder.total_bytes());
    let size = Grid { height: height as usize, width: width as usize };
    possible(name, word, size, all)?;
    let mut limits = Limits::no_limits();
    // Beside the picture, decoders keep rows, and of progressive pictures all coefficients.
    limits.max_alloc = Some(all * 4 + (1 << 24));
    decoder.set_limits(limits).map_err(trouble)?;
    let turn = exif::turn(format, bytes);
    let mut raw = vec![];
    raw.try_reserve_exact(all as usize).map_err(|_| short(name, all))?;
    raw.resize(all as usize, 0);
    decoder.read_image(&mut raw).map_err(trouble)?;
    let pixels = rgb(raw, colour, grey16(format, bytes)).ok_or_else(|| {
        let what = format!("'{name}' is a {word} with pixels of the kind {colour:?}");
        Error::new("picture", what, "save it with 8 or 16 bits of grey or colour")
    })?;
    let mut picture = Picture { size, bytes: pixels };
    if format == ImageFormat::Gif {
        gif::paint(&mut picture, bytes);
    }
    Ok(turned(picture, turn))
}

/// Whether a picture of so many decoded bytes may be.
fn possible(name: &str, word: &str, size: Grid, bytes: u64) -> Result<(), Error> {
    if size.height > 0 && size.width > 0 && bytes <= MOST {
        return Ok(());
    }
    let what = format!("'{name}' is a {word} of {}×{} pixels", size.width, size.height);
    Err(Error::new("picture", what, format!("{MOST} bytes of decoded pixels are possible: make it smaller")))
}

/// Channels that stand for red, green and blue in each kind of pixel, and bytes of a channel.
const KINDS: &[(ColorType, [usize; RGB], usize, usize)] = &[
    (ColorType::L8, [0; RGB], 1, 1),
    (ColorType::La8, [0; RGB], 2, 1),
    (ColorType::Rgba8, [0, 1, 2], 4, 1),
    (ColorType::L16, [0; RGB], 1, 2),
    (ColorType::La16, [0; RGB], 2, 2),
    (ColorType::Rgb16, [0, 1, 2], 3, 2),
    (ColorType::Rgba16, [0, 1, 2], 4, 2),
];

/// A PNG of sixteen bits of grey and nothing else: its bits and its kind stand behind its size.
fn grey16(format: ImageFormat, file: &[u8]) -> bool {
    format == ImageFormat::Png && file.get(24..26) == Some(&[16, 0])
}

fn rgb(raw: Vec<u8>, colour: ColorType, grey16: bool) -> Option<Vec<u8>> {
    if colour == ColorType::Rgb8 {
        return Some(raw);
    }
    let (_, from, channels, size) = KINDS.iter().find(|(c, ..)| *c == colour)?;
    let sample: fn(&[u8], usize) -> u8 = match (size, grey16) {
        (1, _) => |p, c| p[c],
        (_, false) => |p, c| (wide(p, c) >> 8) as u8,
        (_, true) => |p, c| wide(p, c).min(255) as u8,
    };
    let pixels = raw.chunks_exact(channels * size);
    Some(pixels.flat_map(|p| from.map(|c| sample(p, c))).collect())
}

/// Samples of two bytes lie in the machine's order.
fn wide(pixel: &[u8], channel: usize) -> u16 {
    u16::from_ne_bytes([pixel[2 * channel], pixel[2 * channel + 1]])
}

/// How a picture with EXIF's orientation 1 to 8 is read: rows and columns swapped, from below, from the right.
const TURNS: [[bool; 3]; 8] = [
    [false, false, false],
    [false, false, true],
    [false, true, true],
    [false, true, false],
    [true, false, false],
    [true, true, false],
    [true, true, true],
    [true, false, true],
];

fn turned(picture: Picture, orientation: u8) -> Picture {
    let [swap, below, right] = *TURNS.get(orientation.wrapping_sub(1) as usize).unwrap_or(&TURNS[0]);
    if [swap, below, right] == TURNS[0] {
        return picture;
    }
    let Grid { height, width } = picture.size;
    let size = if swap { Grid { height: width, width: height } } else { picture.size };
    let mut bytes = Vec::with_capacity(picture.bytes.len());
    for y in 0..size.height {
        for x in 0..size.width {
            let (row, col) = if swap { (x, y) } else { (y, x) };
            let row = if below { height - 1 - row } else { row };
            let col = if right { width - 1 - col } else { col };
            bytes.extend_from_slice(&picture.bytes[(row * width + col) * RGB..][..RGB]);
        }
    }
    Picture { size, bytes }
}

fn fault(name: &str, word: &str, fault: Fault) -> Error {
    match fault {
        Fault::Cut => cut(name, word),
        Fault::Memory(bytes) => short(name, bytes as u64),
        Fault::Kind(why) => unusual(name, word, &why),
        Fault::Damaged(why) => damaged(name, word, &why),
    }
}

fn broken(name: &str, word: &str, e: &ImageError) -> Error {
    match e {
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => cut(name, word),
        ImageError::Unsupported(_) => unusual(name, word, e),
        _ => damaged(name, word, e),
    }
}

fn cut(name: &str, word: &str) -> Error {
    Error::new("truncated", format!("'{name}' is a {word} that ends too early"), "get the picture again")
}

fn short(name: &str, bytes: u64) -> Error {
    Error::new("memory", format!("'{name}' needs {bytes} bytes"), "close other pages, or make it smaller")
}

fn unusual(name: &str, word: &str, why: &dyn Display) -> Error {
    let what = format!("'{name}' is a {word} of a kind that cannot be read: {why}");
    Error::new("picture", what, "save it as an ordinary PNG or JPEG")
}

fn damaged(name: &str, word: &str, why: &dyn Display) -> Error {
    Error::new("picture", format!("'{name}' is a {word} that cannot be read: {why}"), "get the picture again")
}
