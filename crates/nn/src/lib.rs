//! Blocks written once. A recipe (crate `models`) names weights, sizes and order; what a linear layer, an attention or a
//! cache is stands here. Nothing here sees a value: blocks append steps to a recording.
//!
//! * [`Net`] — a recording under construction, and the weights it asks for by name.
//! * [`Catalog`] — in what format each weight will come, from a checkpoint or from a plan.
//! * [`attention`], [`conv`], [`mlp`], [`ssm`], [`layer`], [`decoder`], [`encoder`], [`readout`] — the blocks.
//! * [`Turns`] — how fast the pairs of a head turn, which may depend on how long a text is.
//! * [`cells`] — positions on another grid, where a family takes the trained ones as they are.
//! * [`lay`] — rows cut out and put together.

pub mod attention;
mod catalog;
pub mod cells;
pub mod conv;
pub mod decoder;
pub mod encoder;
pub mod lay;
pub mod layer;
pub mod mlp;
mod net;
pub mod readout;
pub mod ssm;
mod turns;

pub use catalog::{Asked, Catalog, Planned, lists, packed};
pub use net::{Net, Norm, Place, Want};
pub use turns::Turns;
