//! What crosses between page and worker. Every message carries a run number; those of other runs are dropped.

use crate::{About, Estimate, Estimated, Fault, ProbeReport, ProbeRow, Published};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub run: u32,
    pub ask: Ask,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Try every op on every backend against its twin.
    Probe,
    /// Bring a model onto a backend. Its files come beside the message, as blobs by name.
    Load(Load),
    /// Ask the model that was loaded last. Pictures come beside the message, in the order of its turns: `{name, file}` with a
    /// blob to decode, or `{height, width, pixels}` with red, green, blue and opacity.
    Generate(Generate),
    /// Show the vision encoder that was loaded last a picture, which comes beside the message as those of a question do; or its
    /// pixels, as a `Float32Array`: red, green and blue side by side, normalised as the model was trained.
    Encode(Encode),
    /// What is known of a model, by a published name or the address of its files, before anything is downloaded.
    About(String),
    /// Which models are known by name.
    Published,
    /// What a run of a model would cost. Of one that is not known by name, its configurations come beside the message, as
    /// blobs by name; `with_files` are those of a second encoder.
    Estimate(Estimate),
    /// End the run of this number: no further event of it comes.
    Stop(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Load {
    pub backend: String,
    /// Tokens of prompt and answer together, which the model must be able to have; none is 1024, or its most.
    pub context: Option<u32>,
    /// `language=q4_0,kv=f32`; of a model that sees also `vision=q8_0,projector=f16`, of a vision encoder that alone
    pub quant: String,
    /// Activations stay f32 on the cpu backend.
    pub exact: bool,
    /// Edge of what the encoder of a model that sees is shown, or of the longer side before a picture is cut into tiles.
    pub resolution: Option<u32>,
    /// Pictures are shown whole, where the model would cut them into tiles.
    pub whole: bool,
    /// As a second encoder beside the one that is there, on its device.
    pub beside: bool,
}

impl Default for Load {
    fn default() -> Load {
        Load {
            backend: "auto".into(),
            context: None,
            quant: String::new(),
            exact: false,
            resolution: None,
            whole: false,
            beside: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Generate {
    pub messages: Vec<Turn>,
    /// Instead of messages: one question about all pictures.
    pub prompt: String,
    /// Give the prompt as it is, without the model's chat template.
    pub raw: bool,
    pub max_tokens: u32,
    pub temperature: f32,
    pub top_k: u32,
    pub top_p: f32,
    pub min_p: f32,
    pub repeat_penalty: f32,
    pub seed: u32,
    pub stop: Vec<String>,
    /// Seconds since 1970 where the visitor is, for templates that write the date.
    pub now: Option<f64>,
}

impl Default for Generate {
    fn default() -> Generate {
        Generate {
            messages: vec![],
            prompt: String::new(),
            raw: false,
            max_tokens: 128,
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            seed: 0,
            stop: vec![],
            now: None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Encode {
    /// Height and width of a picture that comes as pixels; none is the model's own size.
    pub size: Option<[u32; 2]>,
    /// Edge of what the encoder is shown of a picture, or of each of its parts.
    pub resolution: Option<u32>,
    /// In one view, where its processor would make several.
    pub whole: bool,
    /// In parts, and every part is looked at: `uhd=6`, `s2=2` or `4khd=16`; an empty text is not.
    pub cut: String,
    /// Rows, where a model is a classifier.
    pub hidden: bool,
    /// The one row that stands for the picture.
    pub pooled: bool,
    /// Rows after so many layers; negative numbers count from the last one.
    pub layer: Option<i32>,
    /// Rows of patches only.
    pub patches: bool,
    /// How the rows of the second encoder join this one's: `channels` or `rows`; an empty text leaves it out.
    pub join: String,
    /// Edge of what the second one is shown.
    pub with_resolution: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub role: String,
    pub content: String,
    /// So many of the pictures are shown here, before the text.
    #[serde(default)]
    pub images: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub run: u32,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// One op on one backend has been tried.
    Probed(ProbeRow),
    /// All have; the last event of a probe.
    ProbeDone(ProbeReport),
    /// How far a load is, or a look at parts. Counts are f64: bytes pass 2³².
    Loading(Loading),
    /// The last event of a load.
    Loaded(Loaded),
    Token(Token),
    Stage(StageRow),
    /// The last event of a generation.
    Done(Done),
    /// The last event of an encoding; before it, `Loading` counts views.
    Encoded(Encoded),
    /// The only events of what they answer.
    About(About),
    Published(Vec<Published>),
    Estimated(Box<Estimated>),
    Fault(Fault),
    /// A worker that was thought lost has answered.
    Back,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loading {
    /// `download`, `cache` or `upload`, in bytes; `look` in views.
    pub step: String,
    pub done: f64,
    pub total: f64,
}

/// The model that is ready, and where it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    pub family: String,
    /// Whether it can be asked about pictures.
    pub sees: bool,
    /// Tokens of prompt and answer together; 0 where the model reads no text.
    pub context: u32,
    pub backend: String,
    /// Why it is that one.
    pub because: String,
    pub device: String,
    pub threads: u32,
    pub build: String,
    /// What was asked for and could not be had: formats that do not fit.
    pub notes: Vec<String>,
    pub ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// What became whole with it; often one word, sometimes nothing.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRow {
    pub name: String,
    pub ms: f64,
    pub tokens_in: u32,
    pub tokens_out: u32,
    pub flops: f64,
    pub bytes: f64,
    /// Nothing ran: what the stage makes was there already.
    pub reused: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub ids: Vec<u32>,
    pub text: String,
    /// `eos`, `length` or `stop`.
    pub reason: String,
    pub meter: MeterRow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoded {
    /// Rows and numbers of a row: a classifier's logits are one row, an encoder's its rows.
    pub shape: [u32; 2],
    /// f32 as bytes, little end first. A thousand numbers one by one took a millisecond to send.
    #[serde(with = "crate::bytes")]
    pub values: Vec<f32>,
    /// From the picture or its pixels to the values.
    pub ms: f64,
    /// Nothing ran: the same picture was shown before.
    pub reused: bool,
    /// Height and width of what was looked at.
    pub views: Vec<[u32; 2]>,
    /// `preprocess`, where there was a picture, and `vision`.
    pub stages: Vec<StageRow>,
    /// The most that the backend has held since the model came.
    pub peak_bytes: f64,
    pub meter: MeterRow,
}

/// One meaning per number, whichever backend ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeterRow {
    pub prompt_tokens: u32,
    /// Of these, tokens that the caches held already.
    pub reused_tokens: u32,
    /// To prepare, encode and project the pictures; 0 where they were seen before.
    pub vision_ms: f64,
    pub prompt_ms: f64,
    /// From the question to the first id.
    pub ttft_ms: f64,
    pub generated_tokens: u32,
    /// From the first id to the last.
    pub decode_ms: f64,
    /// Buffers on the GPU; 0 on other backends.
    pub gpu_bytes: f64,
    /// The module's memory, which never shrinks.
    pub heap_bytes: f64,
    pub backend: String,
    pub threads: u32,
    pub build: String,
}
