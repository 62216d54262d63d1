//! Requests in, events out.

use crate::blob::{BlobSource, files, pixels};
use crate::host::{host, scope};
use crate::runs::Runs;
use squint_engine::answer::{Heard, Question, answer};
use squint_engine::text::Message;
use squint_engine::weights::Progress;
use squint_engine::{
    Backend, Backends, Choice, Encoder, Error, Host, Kept, Model, Prompt, Sampling, Session, Surroundings, Words,
    activations, fault, probe, room, wishes,
};
use squint_protocol::{
    Ask, Done, Encoded, Event, Fault, Generate, Load, Loaded, Loading, MeterRow, News, Request, StageRow, Token,
};
use squint_weights::{Checkpoint, Kind, Source};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::prelude::*;

struct Worker {
    around: Surroundings,
    runs: Runs,
    /// The model that answers; away while it does.
    seat: RefCell<Option<Seat>>,
    /// How often a model was asked for: an answer that outlives its model does not bring it back.
    loads: Cell<u32>,
}

/// What activations are rounded to, for a backend that has to be opened again.
type Activations = Option<Kind>;

enum Seat {
    Text(Box<Session>, Box<Words>, Activations),
    Vision(Box<Encoder>),
}

/// What comes beside a message.
struct Beside {
    files: Vec<(String, web_sys::Blob)>,
    pixels: Option<js_sys::Float32Array>,
}

thread_local! {
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

pub fn start(threads: usize) {
    let around = Surroundings { host: host(), build: crate::BUILD, threads, activations: None };
    WORKER.set(Some(Rc::new(Worker { around, runs: Runs::default(), seat: RefCell::default(), loads: Cell::new(0) })));
}

/// One message of the page.
pub fn receive(message: JsValue) {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else {
        return;
    };
    let beside = Beside { files: files(&message), pixels: pixels(&message) };
    let number = js_sys::Reflect::get(&message, &"run".into()).ok().and_then(|n| n.as_f64());
    match serde_wasm_bindgen::from_value::<Request>(message) {
        Ok(Request { ask: Ask::Stop(run), .. }) => worker.runs.stop(run),
        Ok(request) => {
            let run = request.run;
            let runs = worker.runs.clone();
            wasm_bindgen_futures::spawn_local(runs.begin(run, async move {
                if let Err(e) = serve(&worker, request, beside).await {
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

async fn serve(worker: &Worker, request: Request, beside: Beside) -> Result<(), Error> {
    let run = request.run;
    match request.ask {
        Ask::Probe => {
            let backends = Backends::open(&worker.around).await;
            let report = probe::probe(&worker.around, &backends, |row| send(run, News::Probed(row.clone()))).await;
            send(run, News::ProbeDone(report));
            Ok(())
        }
        Ask::Load(wish) => load(worker, run, wish, beside.files).await,
        Ask::Generate(wish) => generate(worker, run, wish).await,
        Ask::Encode => encode(worker, run, beside.pixels.unwrap_or_default()).await,
        Ask::Stop(_) => Ok(()),
    }
}

async fn load(worker: &Worker, run: u32, wish: Load, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    // The old model goes first: two seldom fit.
    worker.seat.take();
    let load = worker.loads.get() + 1;
    worker.loads.set(load);
    let start = (worker.around.host.now)();
    let checkpoint = checkpoint(files).await?;
    let activations = activations(&wish.quant, wish.exact)?;
    let around = Surroundings { host: worker.around.host.clone(), activations, ..worker.around };
    let (backend, because) = Backends::named(&around, &wish.backend).await?;
    let mut told = 0;
    let mut progress = |done, total| {
        // A hundred messages are enough for a bar.
        if done == total || done >= told + total / 100 {
            told = done;
            let news = Loading { step: "upload".into(), done: done as f64, total: total as f64 };
            send(run, News::Loading(news));
        }
    };
    let on = (backend.clone(), around.host.clone());
    let ready = match Encoder::reads(&checkpoint)? {
        true => look(on, checkpoint, &wish, &mut progress).await?,
        false => read(on, checkpoint, &wish, &mut progress).await?,
    };
    // Of two loads at once the later one stays, whichever is done first.
    if worker.loads.get() == load {
        worker.seat.replace(Some(ready.seat));
    }
    let caps = backend.caps();
    send(
        run,
        News::Loaded(Loaded {
            family: ready.family.into(),
            context: ready.room as u32,
            backend: caps.name.into(),
            because,
            device: caps.device.clone(),
            threads: caps.threads as u32,
            build: around.build.into(),
            notes: ready.notes,
            ms: (around.host.now)() - start,
        }),
    );
    Ok(())
}

/// A backend, and the surroundings it works in.
type On = (Rc<dyn Backend>, Host);
/// A model that is ready, its family, the tokens it has room for, and what is to be said of it.
struct Ready {
    seat: Seat,
    family: &'static str,
    room: usize,
    notes: Vec<String>,
}

/// A language model.
async fn read((on, host): On, from: Checkpoint, wish: &Load, progress: Progress<'_>) -> Result<Ready, Error> {
    let words = Words::of(&from)?;
    let [language, kv] = wishes(&wish.quant, &["language", "kv"])?[..] else {
        return Err(Error::bug("two wishes were asked for"));
    };
    let cache = squint_engine::cache_kind(on.as_ref(), wish.exact, kv)?;
    let room = room::of(&from, wish.context.map(|n| n as usize))?;
    let model = Rc::new(Model::load_warm(on, host, Rc::new(from), language, Some(cache), progress).await?);
    let session = Session::new(model.clone(), room, cache)?;
    let activations = activations(&wish.quant, wish.exact)?;
    let (seat, notes) = (Seat::Text(session.into(), words.into(), activations), notes(&model.unpacked));
    Ok(Ready { seat, family: model.family.name, room, notes })
}

/// A vision encoder.
async fn look((on, host): On, from: Checkpoint, wish: &Load, progress: Progress<'_>) -> Result<Ready, Error> {
    let [quant] = wishes(&wish.quant, &["vision"])?[..] else {
        return Err(Error::bug("one wish was asked for"));
    };
    let encoder = Encoder::load(on, host, &from, quant, progress).await?;
    let (family, notes) = (encoder.family.name, notes(&encoder.unpacked));
    Ok(Ready { seat: Seat::Vision(encoder.into()), family, room: 0, notes })
}

/// What could not be done as it was asked.
fn notes(unpacked: &Option<Kept>) -> Vec<String> {
    unpacked.iter().map(Kept::to_string).collect()
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
    worker: &'a Worker,
    load: u32,
    seat: Option<Seat>,
}

/// The model that is loaded, for one answer.
fn take(worker: &Worker) -> Result<Taken<'_>, Error> {
    match worker.seat.take() {
        None => Err(Error::new("model", "no model is ready", "load one first, or wait for the answer under way")),
        seat => Ok(Taken { worker, load: worker.loads.get(), seat }),
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.worker.loads.get() == self.load {
            self.worker.seat.replace(self.seat.take());
        }
    }
}

async fn generate(worker: &Worker, run: u32, wish: Generate) -> Result<(), Error> {
    let mut taken = take(worker)?;
    let Some(Seat::Text(session, words, activations)) = &mut taken.seat else {
        return Err(Error::new("model", "the model reads pictures, not questions", "load a language model"));
    };
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
        prompt: words
            .kept_ids(&session.kept, &prompt, wish.now.map(|s| s as i64), session.room())
            .await?
            .values
            .to_vec(),
        most: wish.max_tokens as usize,
        choice: Choice { how, seed: wish.seed },
        stops: wish.stop,
    };
    let around = Surroundings { host: worker.around.host.clone(), activations: *activations, ..worker.around };
    let done = answer(session, &words.tokenizer, &around, &question, |heard| match heard {
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
                reused: s.reused,
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

async fn encode(worker: &Worker, run: u32, pixels: js_sys::Float32Array) -> Result<(), Error> {
    let taken = take(worker)?;
    let Some(Seat::Vision(encoder)) = &taken.seat else {
        return Err(Error::new("model", "the model reads questions, not pictures", "load a vision encoder"));
    };
    let now = &worker.around.host.now;
    let start = now();
    let (shape, made) = match encoder.has_scores() {
        true => {
            let made = encoder.logits(&pixels.to_vec()).await?;
            ([1, made.values.len()], made)
        }
        false => (encoder.shape(), encoder.hidden(&pixels.to_vec()).await?),
    };
    let (ms, reused) = (now() - start, made.reused);
    let encoded = Encoded { shape: shape.map(|n| n as u32), values: made.values.to_vec(), ms, reused };
    give_back(run, News::Encoded(encoded), &pixels);
    Ok(())
}

fn send(run: u32, news: News) {
    // Events are plain data; one that cannot be sent has nobody to be told to.
    if let Ok(value) = serde_wasm_bindgen::to_value(&Event { run, news }) {
        drop(scope().post_message(&value));
    }
}

/// The same with the pixels that came beside the message: memory the page has already touched takes its next picture in a
/// fifth of the time.
fn give_back(run: u32, news: News, pixels: &js_sys::Float32Array) {
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
