//! Pictures as they come: files that nobody has decoded yet, or pixels that somebody has.

use crate::artefacts::Key;
use crate::picture::{Picture, decode};
use squint_ops::{Error, Grid, Host};

/// Largest file of a picture, and the most bytes of pixels: what the decoders take.
pub const MOST: u64 = 1 << 28;
/// Bytes of a pixel: red, green, blue and opacity.
const RGBA: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub enum Shot {
    File {
        /// For messages.
        name: String,
        bytes: Vec<u8>,
    },
    Pixels {
        size: Grid,
        /// [height, width, RGBA]
        bytes: Vec<u8>,
    },
}

impl Shot {
    /// Red, green, blue and opacity, row by row from the top.
    pub fn pixels(height: usize, width: usize, bytes: Vec<u8>) -> Shot {
        Shot::Pixels { size: Grid { height, width }, bytes }
    }

    /// The same key, the same picture.
    pub fn key(&self) -> Key {
        match self {
            Shot::File { bytes, .. } => Key::of(bytes).then("file", ""),
            Shot::Pixels { size, bytes } => Key::of(bytes).then("pixels", &format!("{}×{}", size.height, size.width)),
        }
    }

    pub async fn picture(&self, host: &Host) -> Result<Picture, Error> {
        let (size, bytes) = match self {
            Shot::File { name, bytes } => return decode(name, bytes, host).await,
            Shot::Pixels { size, bytes } => (*size, bytes),
        };
        let all = size.height.checked_mul(size.width).and_then(|n| n.checked_mul(RGBA));
        if bytes.is_empty() || all != Some(bytes.len()) || bytes.len() as u64 > MOST {
            let what = format!("{} bytes for {}×{} pixels of {RGBA}", bytes.len(), size.height, size.width);
            return Err(Error::new("picture", what, format!("give red, green, blue and opacity; {MOST} are possible")));
        }
        // What is transparent keeps the colour under it, as it does in files.
        let bytes = bytes.chunks_exact(RGBA).flat_map(|p| [p[0], p[1], p[2]]).collect();
        Ok(Picture { size, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_a_picture_or_refused() {
        let picture = |shot: Shot| pollster::block_on(shot.picture(&Host::native()));
        let two = picture(Shot::pixels(1, 2, vec![1, 2, 3, 0, 4, 5, 6, 255])).unwrap();
        assert_eq!((two.size, two.bytes), (Grid { height: 1, width: 2 }, vec![1, 2, 3, 4, 5, 6]));
        for (height, width, count) in [(1, 2, 7), (0, 0, 0), (usize::MAX, 2, 8), (2, 2, 12)] {
            assert_eq!(picture(Shot::pixels(height, width, vec![0; count])).unwrap_err().code, "picture");
        }
    }

    #[test]
    fn keys_tell_pictures_apart() {
        let file = |bytes: &[u8]| Shot::File { name: "a".into(), bytes: bytes.into() };
        let keys = [Shot::pixels(1, 2, vec![0; 8]), Shot::pixels(2, 1, vec![0; 8]), file(&[0; 8]), file(&[1; 8])]
            .map(|shot| shot.key());
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key));
        }
        // A picture is what it shows, whatever it is called.
        assert_eq!(Shot::File { name: "b".into(), bytes: vec![1; 8] }.key(), keys[3]);
    }
}
