//! Bytes become named, typed blocks. Nothing here knows a model or an op.
//!
//! * [`Kind`] — how numbers lie in memory; one row of its table is one format, in one file of `block/`.
//! * [`Source`] — where bytes come from, read by ranges.
//! * [`Gguf`], [`Safetensors`] — headers: what tensors a file holds, and where.
//! * [`Checkpoint`] — tensors by name over one file or many; [`Facts`] — what the files say of the model.

mod block;
pub mod checkpoint;
mod cursor;
mod entries;
mod error;
mod facts;
mod gguf;
mod meta;
mod safetensors;
pub mod source;
mod tensor;

pub use block::{Codes, KINDS, Kind, KindSpec, MOST_BLOCK, Scales};
pub use checkpoint::Checkpoint;
pub use error::Error;
pub use facts::{Fact, Facts};
pub use gguf::Gguf;
pub use meta::{List, Meta, Value};
pub use safetensors::{Other, Safetensors, shards};
pub use source::{Local, Source};
pub use tensor::Tensor;
