//! Bytes become named, typed blocks. Nothing here knows a model or an op.
//!
//! `Kind` names how numbers lie in memory; one row of its table is one format, in one file of `block/`.

mod block;
mod error;

pub use block::{KINDS, Kind, KindSpec};
pub use error::Error;
