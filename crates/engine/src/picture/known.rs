//! The image processors of Hugging Face, as they are before a configuration changes anything. A new one is a row.

use super::{Fit, Tiles};
use squint_ops::Grid;

/// What a processor is without a configuration.
pub struct Known {
    /// Its class is this with `ImageProcessor` or, in old files, `FeatureExtractor` behind it.
    pub names: &'static [&'static str],
    /// Models whose processor it is, where a file names no class: files of the first years do not.
    pub models: &'static [&'static str],
    pub fit: Fit,
    /// Whether a size that is one number means a square; otherwise it is the shorter edge.
    pub square: bool,
    pub crop: Option<usize>,
    /// Whether `do_pad` means a square around the picture; in other processors it fills up a batch.
    pub squares: bool,
    pub tiles: Option<Tiles>,
    /// Pillow's number of a filter.
    pub resample: u64,
    pub mean: [f64; 3],
    pub std: [f64; 3],
}

const CLIP: ([f64; 3], [f64; 3]) = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]);
const HALF: ([f64; 3], [f64; 3]) = ([0.5; 3], [0.5; 3]);

const PLAIN: Known = Known {
    names: &[],
    models: &[],
    fit: Fit::Shortest(224),
    square: false,
    crop: None,
    squares: false,
    tiles: None,
    resample: 3,
    mean: CLIP.0,
    std: CLIP.1,
};

pub static KNOWN: &[Known] = &[
    Known { names: &["CLIP", "Bit"], models: &["clip", "dinov2"], crop: Some(224), ..PLAIN },
    Known { names: &["Llava"], models: &["llava"], crop: Some(224), squares: true, ..PLAIN },
    Known { names: &["Siglip"], models: &["siglip"], fit: square(224), mean: HALF.0, std: HALF.1, ..PLAIN },
    Known {
        names: &["ViT"],
        models: &["vit"],
        fit: square(224),
        square: true,
        resample: 2,
        mean: HALF.0,
        std: HALF.1,
        ..PLAIN
    },
    Known {
        names: &["DeiT"],
        models: &["deit"],
        fit: square(256),
        square: true,
        crop: Some(224),
        mean: HALF.0,
        std: HALF.1,
        ..PLAIN
    },
    Known {
        names: &["Idefics3", "SmolVLM"],
        models: &["idefics3", "smolvlm"],
        tiles: Some(Tiles { longest: Some(4 * 364), side: 364, split: true }),
        resample: 1,
        mean: HALF.0,
        std: HALF.1,
        ..PLAIN
    },
];

const fn square(side: usize) -> Fit {
    Fit::Stretch(Grid { height: side, width: side })
}

/// Endings of a class's name that say nothing about what it does.
const ENDINGS: &[&str] = &["Fast", "Pil", "ImageProcessor", "FeatureExtractor"];

/// The row of a class.
pub fn known(class: &str) -> Option<&'static Known> {
    let stem = ENDINGS.iter().fold(class, |name, end| name.strip_suffix(end).unwrap_or(name));
    KNOWN.iter().find(|k| k.names.contains(&stem))
}

/// The row of a kind of model.
pub fn usual(model: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.models.contains(&model))
}
