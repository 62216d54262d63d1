//! The engine as a wasm module in a Web Worker. `public/worker.js` loads one of the three builds of this crate and
//! hands it the messages; nothing here knows the page.

#![cfg(target_arch = "wasm32")]

mod blob;
mod encode;
mod estimate;
mod generate;
mod hash;
mod host;
mod load;
mod meter;
mod runs;
mod seat;
mod serve;
mod shots;
mod tell;

use wasm_bindgen::prelude::*;

/// Which of the three builds this is.
const BUILD: &str = if cfg!(feature = "threads") {
    "threads"
} else if cfg!(target_feature = "relaxed-simd") {
    "relaxed"
} else {
    "simd"
};

#[cfg(feature = "threads")]
pub use squint_cpu::init_thread_pool;

/// Called once after the module has loaded; `threads` is what the pool was started with.
#[wasm_bindgen]
pub fn start(threads: usize) {
    tell::panics_become_faults();
    serve::start(threads);
}

/// One message of the page.
#[wasm_bindgen]
pub fn receive(message: JsValue) {
    serve::receive(message);
}
