//! Requests in, events out.

use crate::host::{host, scope};
use squint_engine::{Backends, Surroundings, probe};
use squint_protocol::{Ask, Event, Fault, News, Request};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;

struct State {
    around: Surroundings,
}

thread_local! {
    static STATE: RefCell<Option<Rc<State>>> = const { RefCell::new(None) };
}

pub fn start(threads: usize) {
    let state = State { around: Surroundings { host: host(), build: crate::BUILD, threads, exact: false } };
    STATE.set(Some(Rc::new(state)));
}

/// One message of the page.
pub fn receive(message: JsValue) {
    let Some(state) = STATE.with_borrow(Clone::clone) else {
        return;
    };
    match serde_wasm_bindgen::from_value::<Request>(message) {
        Ok(request) => wasm_bindgen_futures::spawn_local(answer(state, request)),
        Err(e) => send(
            0,
            News::Fault(Fault::new("request", format!("the worker cannot read a message: {e}"), "reload the page")),
        ),
    }
}

async fn answer(state: Rc<State>, request: Request) {
    let run = request.run;
    match request.ask {
        Ask::Probe => {
            let backends = Backends::open(&state.around).await;
            let report = probe::probe(&state.around, &backends, |row| send(run, News::Probed(row.clone()))).await;
            send(run, News::ProbeDone(report));
        }
    }
}

fn send(run: u32, news: News) {
    // Events are plain data; one that cannot be sent has nobody to be told to.
    if let Ok(value) = serde_wasm_bindgen::to_value(&Event { run, news }) {
        drop(scope().post_message(&value));
    }
}

/// A panic is a mistake of ours: it is printed with its place, and the page shows it as a fault.
pub fn panics_become_faults() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        send(
            0,
            News::Fault(Fault::new(
                "panic",
                info.to_string(),
                "restart the worker; if it happens again, please report it",
            )),
        );
    }));
}
