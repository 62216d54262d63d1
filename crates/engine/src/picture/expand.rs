//! What stands for a picture in a prompt: one placeholder in the text, as many tokens as there are rows for the model.

use super::config::json;
use super::{View, Views};
use serde_json::Value;
use squint_ops::Error;
use squint_weights::Checkpoint;

#[derive(Clone, Debug, PartialEq)]
pub enum Expansion {
    /// One token for each patch, `more` tokens more or fewer.
    Patches { patch: usize, more: i64 },
    /// So many tokens for each view.
    Rows(usize),
    /// `rows` tokens for each view; tiles are named by row and column, the whole comes last.
    Tiles { rows: usize },
}

/// The placeholder, and the token it becomes.
pub const IMAGE: &str = "<image>";
const AROUND: &str = "<fake_token_around_image>";
const WHOLE: &str = "<global-img>";

impl Expansion {
    /// As the files beside a checkpoint say; none where it has no processor of text and pictures together.
    pub fn of(checkpoint: &Checkpoint) -> Result<Option<Expansion>, Error> {
        for name in ["processor_config.json", "preprocessor_config.json"] {
            let Some(bytes) = checkpoint.file(name) else { continue };
            if let Some(expansion) = Expansion::read(&json(name, bytes)?)? {
                return Ok(Some(expansion));
            }
        }
        Ok(None)
    }

    pub fn read(config: &Value) -> Result<Option<Expansion>, Error> {
        let size = |key: &str, usual: u64| match config[key].as_u64().unwrap_or(usual) {
            n @ 1..=65536 => Ok(n as usize),
            n => Err(Error::new("preprocessor", format!("'{key}' is {n}"), "1 to 65536 are possible")),
        };
        match config["processor_class"].as_str() {
            Some("Idefics3Processor" | "SmolVLMProcessor") => {
                Ok(Some(Expansion::Tiles { rows: size("image_seq_len", 169)? }))
            }
            // Files from before these numbers were stored say nothing: the model's own configuration does.
            Some("LlavaProcessor") if !config["patch_size"].is_null() => {
                let dropped = config["vision_feature_select_strategy"] == "default";
                let more = config["num_additional_image_tokens"].as_i64().unwrap_or(0) - dropped as i64;
                Ok(Some(Expansion::Patches { patch: size("patch_size", 14)?, more }))
            }
            _ => Ok(None),
        }
    }

    /// What one picture becomes.
    pub fn of_views(&self, of: &Views) -> String {
        match *self {
            Expansion::Patches { patch, more } => {
                let patches = |v: &View| (v.size.height / patch) * (v.size.width / patch);
                let all: usize = of.views.iter().map(patches).sum();
                IMAGE.repeat((all as i64 + more).max(0) as usize)
            }
            Expansion::Rows(rows) => IMAGE.repeat(rows * of.views.len()),
            Expansion::Tiles { rows } => {
                let (mut text, view) = (String::new(), IMAGE.repeat(rows));
                for y in 1..=of.tiles.height {
                    (1..=of.tiles.width).for_each(|x| text += &format!("{AROUND}<row_{y}_col_{x}>{view}"));
                    text += "\n";
                }
                if of.tiles.rows() > 0 {
                    text += "\n";
                }
                text + AROUND + WHOLE + &view + AROUND
            }
        }
    }

    /// A prompt whose placeholders stand for these pictures, one after the other.
    pub fn expand(&self, prompt: &str, pictures: &[Views]) -> Result<String, Error> {
        let parts: Vec<&str> = prompt.split(IMAGE).collect();
        if parts.len() != pictures.len() + 1 {
            let what =
                format!("the prompt has {} places for pictures, and there are {}", parts.len() - 1, pictures.len());
            return Err(Error::new("prompt", what, format!("write {IMAGE} once for each picture")));
        }
        let mut out = parts[0].to_owned();
        for (picture, rest) in pictures.iter().zip(&parts[1..]) {
            out += &self.of_views(picture);
            out += rest;
        }
        Ok(out)
    }
}
