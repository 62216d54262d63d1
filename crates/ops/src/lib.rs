//! What a model may ask of a machine, and what the answer must be.
//!
//! * [`op`] — one file per op: its shape rule, its cost, its plain twin. The twin is the law.
//! * [`Recording`] — steps over typed buffers; what a model writes and a backend runs.
//! * [`Backend`] — what runs it. Two of the four live here: [`Reference`] runs the twins, [`Null`] counts.
//! * [`Ledger`] — what a backend holds; [`Footprint`] — what it would hold.
//! * [`case`] — random legal instances of an op, so that every backend is held against the twin on any device.

pub mod backend;
pub mod case;
pub mod dice;
mod footprint;
mod forms;
mod grid;
mod ledger;
mod null;
pub mod op;
mod recording;
mod reference;
mod sampling;
mod sight;
mod spec;
mod view;

pub use backend::{Backend, Caps, Handle, Host, Local, Prepared, Times};
pub use footprint::{Footprint, PLAIN};
pub use grid::{Grid, Window};
pub use ledger::{Entry, Ledger};
pub use null::{Bill, Null};
pub use op::OPS;
pub use recording::{Buf, BufDef, Recording, Role, Step, Word};
pub use reference::Reference;
pub use sampling::{NONE, Sampling};
pub use spec::{
    Access, Cost, Field, Form, Gpu, HALF, INT8, INT16, Needs, On, OpSpec, Rounding, Scalar, Shards, Slot, Tolerance,
    WEIGHTS,
};
pub use squint_weights::{Codes, Error, Kind, MOST_BLOCK, Scales};
pub use view::{Layout, View, Views};
