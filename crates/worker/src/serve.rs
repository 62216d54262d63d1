//! Requests in, and who serves them.

use crate::blob::{files, pixels};
use crate::encode::encode;
use crate::estimate::estimate;
use crate::generate::generate;
use crate::host::host;
use crate::load::load;
use crate::seat::Worker;
use crate::shots::{Beside, pictures};
use crate::tell::send;
use squint_engine::about::{about, published};
use squint_engine::{Backends, Error, Surroundings, fault, probe};
use squint_protocol::{Ask, Fault, News, Request};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;

/// What comes beside a message.
struct Given {
    files: [Vec<(String, web_sys::Blob)>; 2],
    pixels: Option<js_sys::Float32Array>,
    pictures: Vec<Beside>,
}

thread_local! {
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

pub fn start(threads: usize) {
    let around = Surroundings { host: host(), build: crate::BUILD, threads, activations: None };
    WORKER.set(Some(Rc::new(Worker::new(around))));
}

/// One message of the page.
pub fn receive(message: JsValue) {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else {
        return;
    };
    let files = ["files", "with_files"].map(|key| files(&message, key));
    let given = Given { files, pixels: pixels(&message), pictures: pictures(&message) };
    let number = js_sys::Reflect::get(&message, &"run".into()).ok().and_then(|n| n.as_f64());
    match serde_wasm_bindgen::from_value::<Request>(message) {
        Ok(Request { ask: Ask::Stop(run), .. }) => worker.runs.stop(run),
        Ok(request) => {
            let run = request.run;
            let runs = worker.runs.clone();
            wasm_bindgen_futures::spawn_local(runs.begin(run, async move {
                if let Err(e) = serve(&worker, request, given).await {
                    send(run, News::Fault(fault(e)));
                }
            }));
        }
        Err(e) => send(
            number.map_or(0, |n| n as u32),
            News::Fault(Fault::new(
                "request",
                format!("the worker cannot read a message: {e}"),
                "give each option the type that squint.d.ts names",
            )),
        ),
    }
}

async fn serve(worker: &Worker, request: Request, given: Given) -> Result<(), Error> {
    let run = request.run;
    match request.ask {
        Ask::Probe => {
            let backends = Backends::open(&worker.around).await;
            let report = probe::probe(&worker.around, &backends, |row| send(run, News::Probed(row.clone()))).await;
            send(run, News::ProbeDone(report));
            Ok(())
        }
        Ask::Load(wish) => {
            let [files, _] = given.files;
            load(worker, run, wish, files).await
        }
        Ask::About(model) => {
            send(run, News::About(about(&model)));
            Ok(())
        }
        Ask::Published => {
            send(run, News::Published(published()));
            Ok(())
        }
        Ask::Estimate(wish) => estimate(run, wish, given.files).await,
        Ask::Generate(wish) => generate(worker, run, wish, given.pictures).await,
        Ask::Encode(wish) => encode(worker, run, wish, given.pixels, given.pictures).await,
        Ask::Stop(_) => Ok(()),
    }
}
