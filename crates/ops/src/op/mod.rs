//! One file per op; one row in `OPS`. A new op is a file here, a shader of the same stem, and two lines below.

mod add;
mod embed;
mod matmul;
mod rms_norm;

/// Every op there is.
pub static OPS: &[&crate::OpSpec] = &[&add::SPEC, &embed::SPEC, &matmul::SPEC, &rms_norm::SPEC];
