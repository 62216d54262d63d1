//! One file per op; one row in `OPS`. A new op is a file here, a shader of the same stem, and two lines below.

#![allow(clippy::needless_range_loop, reason = "twins are written with the indices of their formulas")]

mod activate;
mod add;
mod argmax;
mod attention;
mod cast;
mod conv2d;
mod copy;
mod embed;
mod gather;
mod kv_write;
mod layer_norm;
mod matmul;
mod merge;
mod mul;
mod pixel_shuffle;
mod pool;
mod resize;
mod rms_norm;
mod rope;
mod scale;
mod scatter;

/// Every op there is.
pub static OPS: &[&crate::OpSpec] = &[
    &activate::SPEC,
    &add::SPEC,
    &argmax::SPEC,
    &attention::SPEC,
    &cast::SPEC,
    &conv2d::SPEC,
    &copy::SPEC,
    &embed::SPEC,
    &gather::SPEC,
    &kv_write::SPEC,
    &layer_norm::SPEC,
    &matmul::SPEC,
    &merge::SPEC,
    &mul::SPEC,
    &pixel_shuffle::SPEC,
    &pool::SPEC,
    &resize::SPEC,
    &rms_norm::SPEC,
    &rope::SPEC,
    &scale::SPEC,
    &scatter::SPEC,
];

pub use attention::Sight;
pub use copy::Span;
pub use pixel_shuffle::Shuffle;
pub use pool::Pool;
pub use resize::Resize;
pub use rope::Rope;
