//! Between a request and the backends.
//!
//! * [`open`] — the backends of this device, by name.
//! * [`probe`] — every op on each of them against its twin.
//! * `pick` — which one `auto` stands for.

mod fault;
pub mod open;
mod pick;
pub mod probe;

pub use fault::fault;
pub use open::{Backends, Surroundings};
pub use squint_ops::Host;
