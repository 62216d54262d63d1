//! The conversation with the worker: requests out, events in, and a watchdog that notices when nobody answers.

use gloo_timers::callback::Interval;
use squint_protocol::{Event, Fault, News, Request};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Seconds without any message after which the worker counts as lost. It answers pings between two steps of work,
/// and a step is tens of milliseconds; compiling shaders may hold it for longer.
const PATIENCE: u32 = 5;

/// The code of the watchdog's fault; `News::Back` withdraws it.
pub const LOST: &str = "worker_lost";

pub struct Link {
    worker: Worker,
    // Dropped with the link: the worker's callbacks and the watchdog's timer.
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(ErrorEvent)>,
    _watch: Interval,
}

impl Link {
    /// Starts a worker; `hear` gets every event, faults of the worker itself included.
    pub fn open(url: &str, hear: impl Fn(Event) + 'static) -> Result<Link, Fault> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(url, &options).map_err(|e| {
            Fault::new(
                "worker_start",
                format!("the browser refused a worker: {e:?}"),
                "use a browser with module workers, and reload",
            )
        })?;
        let hear: Rc<dyn Fn(Event)> = Rc::new(hear);
        // None until the first message: a slow download is not a lost worker.
        let unanswered = Rc::new(Cell::new(None));

        let (on, alive) = (hear.clone(), unanswered.clone());
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            if alive.replace(Some(0)) >= Some(PATIENCE) {
                on(Event { run: 0, news: News::Back });
            }
            if let Some(event) = read(message.data()) {
                on(event);
            }
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));

        let on = hear.clone();
        let failed = Closure::<dyn FnMut(ErrorEvent)>::new(move |e: ErrorEvent| {
            let what = if e.message().is_empty() { "its script could not be loaded".into() } else { e.message() };
            on(fault("worker_error", format!("the worker stopped: {what}")));
        });
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));

        let to = worker.clone();
        let watch = Interval::new(1000, move || {
            let missed = unanswered.get().map(|n: u32| n + 1);
            unanswered.set(missed);
            if missed == Some(PATIENCE) {
                hear(fault(LOST, format!("the worker has not answered for {PATIENCE} seconds")));
            }
            let ping = js_sys::Object::new();
            // Neither can fail on a plain object; a lost worker is what the counter is for.
            drop(js_sys::Reflect::set(&ping, &"ping".into(), &missed.unwrap_or(0).into()));
            drop(to.post_message(&ping));
        });
        Ok(Link { worker, _heard: heard, _failed: failed, _watch: watch })
    }

    pub fn send(&self, request: &Request) -> Result<(), Fault> {
        let lost =
            |e: String| Fault::new("worker_send", format!("the worker could not be told: {e}"), "restart the worker");
        let value = serde_wasm_bindgen::to_value(request).map_err(|e| lost(e.to_string()))?;
        self.worker.post_message(&value).map_err(|e| lost(format!("{e:?}")))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn fault(code: &str, what: String) -> Event {
    Event { run: 0, news: News::Fault(Fault::new(code, what, "restart the worker; nothing on this page is lost")) }
}

/// An event, or nothing for the answer to a ping.
fn read(data: JsValue) -> Option<Event> {
    if js_sys::Reflect::has(&data, &"pong".into()).unwrap_or(false) {
        return None;
    }
    Some(
        serde_wasm_bindgen::from_value(data)
            .unwrap_or_else(|e| fault("worker_message", format!("a message cannot be read: {e}"))),
    )
}
