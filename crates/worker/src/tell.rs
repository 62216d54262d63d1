//! Events out.

use crate::host::scope;
use squint_protocol::{Event, Fault, News};

pub fn send(run: u32, news: News) {
    // Events are plain data; one that cannot be sent has nobody to be told to.
    if let Ok(value) = serde_wasm_bindgen::to_value(&Event { run, news }) {
        drop(scope().post_message(&value));
    }
}

/// The same with the pixels that came beside the message: memory the page has already touched takes its next picture in a
/// fifth of the time.
pub fn give_back(run: u32, news: News, pixels: &js_sys::Float32Array) {
    let Ok(value) = serde_wasm_bindgen::to_value(&Event { run, news }) else { return };
    let beside = js_sys::Reflect::set(&value, &"pixels".into(), pixels);
    let given = js_sys::Array::of1(&pixels.buffer());
    if beside.is_err() || scope().post_message_with_transfer(&value, &given).is_err() {
        drop(scope().post_message(&value));
    }
}

/// A panic is a mistake of ours: it is printed with its place, and the page shows it as a fault.
pub fn panics_become_faults() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let hint = "restart the worker; if it happens again, please report it";
        send(0, News::Fault(Fault::new("panic", info.to_string(), hint)));
    }));
}
