//! One file per op; one row in `OPS`. A new op is a file here, a shader of the same stem, and two lines below.

mod activate;
mod add;
mod argmax;
mod attention;
mod embed;
mod kv_write;
mod layer_norm;
mod matmul;
mod rms_norm;
mod rope;

/// Every op there is.
pub static OPS: &[&crate::OpSpec] = &[
    &activate::SPEC,
    &add::SPEC,
    &argmax::SPEC,
    &attention::SPEC,
    &embed::SPEC,
    &kv_write::SPEC,
    &layer_norm::SPEC,
    &matmul::SPEC,
    &rms_norm::SPEC,
    &rope::SPEC,
];

pub use attention::Sight;
pub use rope::Rope;
