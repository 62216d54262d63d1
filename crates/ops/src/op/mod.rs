//! One file per op; one row in `OPS`. A new op is a file here, a shader of the same stem, and two lines below.

#![allow(clippy::needless_range_loop, reason = "twins are written with the indices of their formulas")]

mod activate;
mod add;
mod add_norm;
mod argmax;
mod attention;
mod cast;
mod cell_attention;
mod conv2d;
mod copy;
mod deform;
mod embed;
mod gather;
mod kv_write;
mod layer_norm;
mod matmul;
mod matmul_gated;
mod matmul_id;
mod merge;
mod mul;
mod pixel_shuffle;
mod pool;
mod resize;
mod rms_norm;
mod rope;
mod rope_write;
mod sample;
mod scale;
mod scatter;
mod score_norm;
mod score_reduce;
mod ssm_conv;
mod ssm_scan;
mod top_k;

/// Every op there is.
pub static OPS: &[&crate::OpSpec] = &[
    &activate::SPEC,
    &add::SPEC,
    &add_norm::SPEC,
    &argmax::SPEC,
    &attention::SPEC,
    &cast::SPEC,
    &cell_attention::SPEC,
    &conv2d::SPEC,
    &copy::SPEC,
    &deform::SPEC,
    &embed::SPEC,
    &gather::SPEC,
    &kv_write::SPEC,
    &layer_norm::SPEC,
    &matmul::SPEC,
    &matmul_gated::SPEC,
    &matmul_id::SPEC,
    &merge::SPEC,
    &mul::SPEC,
    &pixel_shuffle::SPEC,
    &pool::SPEC,
    &resize::SPEC,
    &rms_norm::SPEC,
    &rope::SPEC,
    &rope_write::SPEC,
    &sample::SPEC,
    &scale::SPEC,
    &scatter::SPEC,
    &score_norm::SPEC,
    &score_reduce::SPEC,
    &ssm_conv::SPEC,
    &ssm_scan::SPEC,
    &top_k::SPEC,
];

pub use crate::sight::{MASKED, Sight};
pub use activate::{FUNCTIONS, Function};
pub use copy::Span;
pub use deform::Places;
pub use matmul_id::Experts;
pub use pixel_shuffle::Shuffle;
pub use pool::Pool;
pub use resize::Resize;
pub use rope::Rope;
pub use score_norm::Looks;
pub use score_reduce::Over;
pub use ssm_scan::Scan;
pub use top_k::Share;
