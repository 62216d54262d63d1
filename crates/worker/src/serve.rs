//! Requests in, events out.

use crate::blob::{BlobSource, files};
use crate::host::{host, scope};
use crate::runs::Runs;
use squint_engine::answer::{Heard, Question, answer};
use squint_engine::text::Message;
use squint_engine::{
    Backends, Choice, Error, Model, Prompt, Sampling, Session, Surroundings, Words, fault, probe, wishes,
};
use squint_protocol::{
    Ask, Done, Event, Fault, Generate, Load, Loaded, Loading, MeterRow, News, Request, StageRow, Token,
};
use squint_weights::{Checkpoint, Source};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;

struct Worker {
    around: Surroundings,
    runs: Runs,
    /// The model that answers; away while it does.
    seat: RefCell<Option<Seat>>,
}

struct Seat {
    session: Session,
    words: Words,
}

thread_local! {
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

pub fn start(threads: usize) {
    let around = Surroundings { host: host(), build: crate::BUILD, threads, exact: false };
    WORKER.set(Some(Rc::new(Worker { around, runs: Runs::default(), seat: RefCell::default() })));
}

/// One message of the page.
pub fn receive(message: JsValue) {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else {
        return;
    };
    let files = files(&message);
    match serde_wasm_bindgen::from_value::<Request>(message) {
        Ok(Request { ask: Ask::Stop(run), .. }) => worker.runs.stop(run),
        Ok(request) => wasm_bindgen_futures::spawn_local(async move {
            let run = request.run;
            let work = serve(&worker, request, files);
            if let Some(Err(e)) = worker.runs.until_stopped(run, work).await {
                send(run, News::Fault(fault(e)));
            }
        }),
        Err(e) => send(
            0,
            News::Fault(Fault::new("request", format!("the worker cannot read a message: {e}"), "reload the page")),
        ),
    }
}

async fn serve(worker: &Worker, request: Request, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    let run = request.run;
    match request.ask {
        Ask::Probe => {
            let backends = Backends::open(&worker.around).await;
            let report = probe::probe(&worker.around, &backends, |row| send(run, News::Probed(row.clone()))).await;
            send(run, News::ProbeDone(report));
            Ok(())
        }
        Ask::Load(wish) => load(worker, run, wish, files).await,
        Ask::Generate(wish) => generate(worker, run, wish).await,
        Ask::Stop(_) => Ok(()),
    }
}

async fn load(worker: &Worker, run: u32, wish: Load, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    // The old model goes first: two seldom fit.
    worker.seat.take();
    let start = (worker.around.host.now)();
    let checkpoint = Rc::new(checkpoint(files).await?);
    let words = Words::of(&checkpoint)?;
    let around = Surroundings { host: worker.around.host.clone(), exact: wish.exact, ..worker.around };
    let (backend, because) = Backends::named(&around, &wish.backend).await?;
    let [language, kv] = wishes(&wish.quant, &["language", "kv"])?[..] else {
        return Err(Error::bug("two wishes were asked for"));
    };
    let mut told = 0;
    let model = Model::load(backend, around.host.clone(), checkpoint, language, &mut |done, total| {
        // A hundred messages are enough for a bar.
        if done == total || done >= told + total / 100 {
            told = done;
            let news = Loading { step: "upload".into(), done: done as f64, total: total as f64 };
            send(run, News::Loading(news));
        }
    })
    .await?;
    let model = Rc::new(model);
    let room = (wish.context as usize).min(model.sizes.context);
    let session = Session::new(model.clone(), room, squint_engine::cache_kind(&model, wish.exact, kv))?;
    let caps = model.backend.caps();
    send(
        run,
        News::Loaded(Loaded {
            family: model.family.name.into(),
            context: room as u32,
            backend: caps.name.into(),
            because,
            device: caps.device.clone(),
            threads: caps.threads as u32,
            build: around.build.into(),
            ms: (around.host.now)() - start,
        }),
    );
    worker.seat.replace(Some(Seat { session, words }));
    Ok(())
}

/// One GGUF file, or the files of a Hugging Face directory.
async fn checkpoint(files: Vec<(String, web_sys::Blob)>) -> Result<Checkpoint, Error> {
    let source = |(name, blob): &(String, web_sys::Blob)| -> Rc<dyn Source> {
        Rc::new(BlobSource::new(name.clone(), blob.clone()))
    };
    match &files[..] {
        [] => Err(Error::new("files", "no file came with the request to load", "name a model, an address or a file")),
        [one] => Checkpoint::gguf(source(one)).await,
        all => Checkpoint::hf(&|name| all.iter().find(|(n, _)| n == name).map(source)).await,
    }
}

/// A seat taken for one answer; it goes back even when the answer is cut off.
struct Taken<'a> {
    home: &'a RefCell<Option<Seat>>,
    seat: Option<Seat>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.home.replace(self.seat.take());
    }
}

async fn generate(worker: &Worker, run: u32, wish: Generate) -> Result<(), Error> {
    let Some(seat) = worker.seat.take() else {
        return Err(Error::new("model", "no model is ready", "load one first, or wait for the answer under way"));
    };
    let mut taken = Taken { home: &worker.seat, seat: Some(seat) };
    let Some(Seat { session, words }) = &mut taken.seat else { return Ok(()) };
    let prompt = match (wish.raw, wish.messages.is_empty()) {
        (true, _) => Prompt::Raw(wish.prompt),
        (_, true) => Prompt::Chat(vec![Message::text("user", &wish.prompt)]),
        _ => Prompt::Chat(wish.messages.iter().map(|t| Message::text(&t.role, &t.content)).collect()),
    };
    let how = Sampling {
        temperature: wish.temperature,
        top_k: wish.top_k,
        top_p: wish.top_p,
        min_p: wish.min_p,
        penalty: wish.repeat_penalty,
    };
    let question = Question {
        prompt: words.ids(&prompt, wish.now.map(|s| s as i64))?,
        most: wish.max_tokens as usize,
        choice: Choice { how, seed: wish.seed },
        stops: wish.stop,
    };
    let host = &worker.around.host;
    let done = answer(session, &words.tokenizer, host, &question, |heard| match heard {
        Heard::Token { id, text } => send(run, News::Token(Token { id, text: text.into() })),
        Heard::Stage(s) => send(
            run,
            News::Stage(StageRow {
                name: s.stage.name.into(),
                ms: s.ms,
                tokens_in: s.stage.tokens_in as u32,
                tokens_out: s.stage.tokens_out as u32,
                flops: s.stage.flops as f64,
                bytes: s.stage.bytes as f64,
            }),
        ),
    })
    .await?;
    let (m, backend) = (done.meter, &session.model.backend);
    let meter = MeterRow {
        prompt_tokens: m.prompt_tokens as u32,
        reused_tokens: m.reused_tokens as u32,
        prompt_ms: m.prompt_ms,
        ttft_ms: m.ttft_ms,
        generated_tokens: m.generated_tokens as u32,
        decode_ms: m.decode_ms,
        gpu_bytes: backend.device_bytes() as f64,
        heap_bytes: core::arch::wasm32::memory_size(0) as f64 * 65536.0,
        backend: backend.caps().name.into(),
        threads: backend.caps().threads as u32,
        build: worker.around.build.into(),
    };
    send(run, News::Done(Done { ids: done.ids, text: done.text, reason: done.reason.name().into(), meter }));
    Ok(())
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
