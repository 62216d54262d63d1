//! The page. It knows `squint-protocol` and nothing else of ours; `main` only mounts.

mod app;
mod device;
mod engine;
mod fault;
mod grid;
mod link;
mod models;

use wasm_bindgen::JsCast;

fn main() {
    console_error_panic_hook::set_once();
    let place = leptos::prelude::document().query_selector("main").ok().flatten();
    // Without <main> there is nothing to show anything in: index.html is ours.
    if let Some(main) = place.and_then(|e| e.dyn_into().ok()) {
        leptos::mount::mount_to(main, app::App).forget();
    }
}
