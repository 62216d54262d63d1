//! Between a request and the backends.
//!
//! * [`open`] — the backends of this device, by name.
//! * [`probe`] — every op on each of them against its twin.
//! * [`text`] — tokenizers and chat templates.
//! * `pick` — which one `auto` stands for.
//! * [`load`] — a checkpoint becomes a model on a backend.
//! * [`estimate`] — what a run would cost, before any download.
//! * [`session`] — prompt in, next id out: the only loop of prefill and decode.

pub mod estimate;
mod fault;
pub mod load;
pub mod open;
mod pick;
pub mod probe;
pub mod session;
pub mod text;

pub use fault::fault;
pub use load::Model;
pub use open::{Backends, Surroundings};
pub use session::{Choice, Session};
pub use squint_ops::Host;
