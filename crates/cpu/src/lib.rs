//! The fast CPU backend.
//!
//! * `lanes` — one trait, one small file per instruction set; kernels are written once over it.
//! * `panels` — how weights lie: eight rows interleaved, so that a lane is an output.
//! * `quantize` — activations in 8 bits for weights that are integers of fewer.
//! * `shorts` — activations in 16 bits for weights of 8.
//! * `math` — exp and what is made of it.
//! * `tile/` — the innermost loops over panels.
//! * `kernel/` — one file per op that is worth it, same stem.
//! * `cut` — the twins of the others, in parts.
//! * `joined` — a product and what follows it in one step.
//! * `pool`, `crew` — threads where there are any, and how they share a job.
//! * `peaks` — what the machine can do at most, measured.

mod backend;
#[cfg_attr(
    target_arch = "wasm32",
    allow(dead_code, reason = "most builds there have one thread, and one's threads stay")
)]
mod crew;
mod cut;
mod joined;
mod kernel;
mod lanes;
mod math;
mod memory;
mod pairs;
mod panels;
mod peaks;
mod pool;
mod quantize;
mod shorts;
mod tile;

pub use backend::{Cpu, FOOTPRINT};
pub use cut::{CUTS, Cut, WHOLE};
pub use kernel::KERNELS;
pub use lanes::Isa;
pub use peaks::Peaks;
pub use pool::Pool;

/// Starts the browser's thread pool; the worker calls it once, before the first kernel.
#[cfg(all(target_arch = "wasm32", feature = "threads"))]
pub use wasm_bindgen_rayon::init_thread_pool;
