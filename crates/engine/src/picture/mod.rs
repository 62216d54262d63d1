//! A file becomes what a vision encoder is shown, as the processors of Hugging Face make it.
//!
//! * `decode` — PNG, JPEG, WebP, GIF and BMP to bytes of red, green and blue, upright.
//! * `jpeg` — JPEG as Pillow decodes it, bit for bit; `pace` — with stops between its rows.
//! * `filter`, `resize` — Pillow's resampling, bit for bit.
//! * `fit` — how large a picture becomes; squares around it, windows into it.
//! * `known`, `config` — the processors and what `preprocessor_config.json` changes in them.
//! * `mmproj` — what files of llama.cpp say of that.
//! * `prepare` — a processor at work: picture in, views out.
//! * `tiles` — large pictures as rows of tiles and one view of the whole.
//! * `heat` — a map over a picture, for people.
//! * [`slices`] — other ways to show more of a large picture, as geometry; `cut` does it.
//! * `expand` — which tokens stand for those views in a prompt.

mod config;
mod cut;
mod decode;
mod exif;
mod expand;
mod filter;
mod fit;
mod gif;
mod heat;
mod jpeg;
mod known;
mod mmproj;
mod pace;
mod prepare;
mod resize;
pub mod slices;
mod tiles;

pub use cut::{Cut, EDGE, Way, shorter};
pub use decode::decode;
pub use expand::{Expansion, IMAGE};
pub use filter::Filter;
pub use fit::Fit;
pub use heat::heat;
pub(crate) use prepare::possible;
pub use prepare::{Preprocess, Showing, View, Views};
pub use resize::{Part, resize};
pub use tiles::Tiles;

use squint_ops::Grid;

/// Red, green and blue of every pixel, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub size: Grid,
    pub bytes: Vec<u8>,
}

/// Bytes of a pixel.
const RGB: usize = 3;

impl Picture {
    /// One colour everywhere.
    fn plain(size: Grid, colour: [u8; RGB]) -> Picture {
        Picture { size, bytes: colour.repeat(size.rows()) }
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.bytes[y * self.size.width * RGB..][..self.size.width * RGB]
    }

    /// Lays another picture over this one; it has to fit.
    fn lay(&mut self, other: &Picture, top: usize, left: usize) {
        for y in 0..other.size.height {
            let at = ((top + y) * self.size.width + left) * RGB;
            self.bytes[at..][..other.size.width * RGB].copy_from_slice(other.row(y));
        }
    }

    /// A piece of it.
    fn cut(&self, part: Part) -> Picture {
        let rows =
            (part.top..part.top + part.size.height).map(|y| &self.row(y)[part.left * RGB..][..part.size.width * RGB]);
        Picture { size: part.size, bytes: rows.collect::<Vec<_>>().concat() }
    }
}
