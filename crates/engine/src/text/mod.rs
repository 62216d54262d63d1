//! Text to ids and back, and conversations to text. Knows nothing of models and backends.
//!
//! * [`Tokenizer`] — from a `tokenizer.json` or from a GGUF file's metadata.
//! * [`Decoder`] — ids to text as they come, never half a character.
//! * [`Template`] — the chat template a model brings with it.

mod decode;
mod gguf;
mod jinja;
mod json;
mod message;
mod pre;
mod scores;
mod spelling;
mod template;
mod tokenizer;

pub use decode::Decoder;
pub use message::{Content, Message, Part};
pub use template::{Ask, Template};
pub use tokenizer::Tokenizer;

/// Text of UTF-16 units, as JavaScript has it. A surrogate without its other half becomes U+FFFD.
pub fn from_utf16(units: &[u16]) -> String {
    String::from_utf16_lossy(units)
}
