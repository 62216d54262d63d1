//! How pictures are prepared for a tower in a file of llama.cpp. It says sizes and means; what it does not say is as the
//! weights were trained, which is not always what llama.cpp does: it resamples without looking at all pixels of a picture
//! that shrinks, and lays a border around what is small already.

use super::{Filter, Fit, Preprocess, RGB, Tiles};
use squint_models::vlm::Eye;
use squint_ops::Error;
use squint_weights::{Fact, Facts};

/// Pillow's numbers of filters: LLaVA's pictures and those of MobileVLM are resampled with the one, tiles with the other.
const BICUBIC: u64 = 3;
const LANCZOS: u64 = 1;
/// Longest edge that a file can ask for.
const MOST: u64 = 1 << 13;

impl Preprocess {
    /// As a file says whose encoder and projector are these.
    pub fn of_mmproj(facts: &Facts, eye: &Eye) -> Result<Preprocess, Error> {
        let size = eye.vision.sizes.image;
        let plain = Preprocess {
            pad: None,
            fit: None,
            crop: None,
            tiles: None,
            filter: Filter::numbered(if eye.kind.mmproj.tiles { LANCZOS } else { BICUBIC })?,
            factor: 1.0 / 255.0,
            mean: channels(facts, "clip.vision.image_mean")?,
            std: channels(facts, "clip.vision.image_std")?,
        };
        if plain.std.contains(&0.0) {
            return Err(bad("clip.vision.image_std has a zero, by which nothing can be divided".into()));
        }
        if eye.kind.mmproj.tiles {
            // Files from before it was stored leave large pictures in one piece.
            let longest = Fact { gguf: "vision.preproc_image_size", hf: "" };
            let longest = facts.uint(longest)?.map(|_| facts.size(longest, MOST)).transpose()?;
            let tiles = Tiles { longest, side: size.height, split: longest.is_some() };
            return Ok(Preprocess { tiles: Some(tiles), ..plain });
        }
        let class = eye.dropped() > 0;
        Ok(match facts.text(Fact { gguf: "vision.image_aspect_ratio", hf: "" })?.unwrap_or("pad") {
            // A square of the mean colour around the picture, as nearly all models of this kind were trained.
            "pad" => {
                let colour = plain.mean.map(|mean| (mean * 255.0) as u8);
                Preprocess { pad: Some(colour), fit: Some(Fit::Stretch(size)), ..plain }
            }
            // As CLIP's own processor has it, and SigLIP's.
            _ if class => Preprocess { fit: Some(Fit::Shortest(size.height)), crop: Some(size), ..plain },
            _ => Preprocess { fit: Some(Fit::Stretch(size)), ..plain },
        })
    }
}

fn channels(facts: &Facts, key: &str) -> Result<[f64; RGB], Error> {
    let Facts::Gguf(meta) = facts else { return Err(Error::bug("metadata are asked of a directory")) };
    let all: Vec<f64> = meta.numbers(key)?.map(|all| all.iter().collect()).unwrap_or_default();
    let three: Option<[f64; RGB]> = all[..].try_into().ok();
    three.filter(|all| all.iter().all(|n| n.is_finite())).ok_or_else(|| match all.len() {
        0 => bad(format!("'{key}' is missing")),
        _ => bad(format!("'{key}' is {all:?}; a number for each of three channels is expected")),
    })
}

fn bad(what: String) -> Error {
    Error::new("preprocessor", what, "the mmproj file is damaged or not of this kind: get it again")
}
