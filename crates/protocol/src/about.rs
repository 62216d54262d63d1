//! What a page tells its visitor of a model before it is downloaded, and what it would cost.

use serde::{Deserialize, Serialize};
use std::fmt;

/// On what terms weights can be had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    pub name: String,
    /// Any use is allowed; if not, some are excluded.
    pub permissive: bool,
    /// They are given to people who sign in and agree only.
    pub gated: bool,
    /// The page of the weights.
    pub link: String,
    /// The licence itself.
    pub text: String,
    /// What is to be known besides; empty where that is all.
    pub note: String,
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let allowed = if self.permissive { "any use" } else { "some uses are excluded" };
        let had = if self.gated { "after signing in" } else { "without signing in" };
        write!(f, "{}: {allowed}, {had}", self.name)
    }
}

/// A model that sees: facts, with where they are from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Encoder, projector, language model.
    pub parts: [String; 3],
    pub preprocess: String,
    pub template: String,
    /// Edge of a view, pixels.
    pub resolution: u32,
    /// Views that a square picture becomes; rows of one before the projector and after it.
    pub views: u32,
    pub tokens: [u32; 2],
    pub claims: String,
    pub source: String,
    /// What it was held against here.
    pub oracle: String,
    pub licence: Terms,
}

impl ModelCard {
    /// What becomes of a picture, for people.
    pub fn pictures(&self) -> String {
        let ModelCard { preprocess, resolution, views, tokens: [before, after], .. } = self;
        let each = if *views == 1 { "1 view".to_owned() } else { format!("{views} views, each") };
        format!(
            "{preprocess}: {each} of {resolution}×{resolution} pixels and {before} rows, {after} after the projector"
        )
    }
}

/// None of what nobody knows here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub card: Option<ModelCard>,
    pub licence: Option<Terms>,
}

/// A published model that can be estimated by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    pub name: String,
    /// `sees` pictures and reads, `looks` at pictures, or `reads`.
    pub kind: String,
    pub licence: Terms,
}

/// What a run would cost, from sizes alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Estimate {
    /// A published name; or the address of a directory, whose configurations come beside the message.
    pub model: String,
    pub prompt_tokens: u32,
    pub max_tokens: u32,
    pub context: Option<u32>,
    /// What the file has matrices in; an empty text is as it says.
    pub file: String,
    pub quant: String,
    pub backend: String,
    pub resolution: Option<u32>,
    pub whole: bool,
    pub layer: Option<i32>,
    pub hidden: bool,
    pub patches: bool,
    pub views: Option<u32>,
    /// Tokens of the prompt before the picture.
    pub before: u32,
    /// As `Encode` has it, and the height and width of the picture that is cut so, or into tiles.
    pub cut: String,
    pub size: Option<[u32; 2]>,
    /// A second encoder; an empty text is none.
    pub with: String,
    pub with_resolution: Option<u32>,
    pub join: String,
}

impl Default for Estimate {
    fn default() -> Estimate {
        Estimate {
            model: String::new(),
            prompt_tokens: 64,
            max_tokens: 32,
            context: None,
            file: String::new(),
            quant: String::new(),
            backend: "auto".into(),
            resolution: None,
            whole: false,
            layer: None,
            hidden: false,
            patches: false,
            views: None,
            before: 0,
            cut: String::new(),
            size: None,
            with: String::new(),
            with_resolution: None,
            join: "channels".into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    pub about: About,
    /// Of the second encoder.
    pub with: About,
    pub stages: Vec<CostRow>,
    pub weight_bytes: f64,
    pub kv_bytes: f64,
    /// What the backend would hold at most.
    pub peak_bytes: f64,
    /// What the file's matrices are taken to be in.
    pub file: String,
    /// Formats that cannot be had, in words.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostRow {
    pub name: String,
    pub tokens_in: u32,
    pub tokens_out: u32,
    pub flops: f64,
    pub bytes: f64,
    pub dispatches: u32,
}
