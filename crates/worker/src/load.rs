//! A checkpoint's files become the model that answers.

use crate::blob::BlobSource;
use crate::seat::{Seat, Worker};
use crate::tell::send;
use squint_engine::picture::Showing;
use squint_engine::weights::Progress;
use squint_engine::{Backend, Backends, Encoder, Error, Gaze, Host, Kept, Talk, activations, talk, wishes};
use squint_protocol::{Load, Loaded, Loading, News};
use squint_weights::{Checkpoint, Kind, Source};
use std::rc::Rc;

pub async fn load(worker: &Worker, run: u32, wish: Load, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    if wish.beside {
        return beside(worker, run, wish, files).await;
    }
    let number = worker.clear();
    let start = (worker.around.host.now)();
    let checkpoint = checkpoint(files).await?;
    let around = worker.around(activations(&wish.quant, wish.exact)?);
    let (backend, because) = Backends::named(&around, &wish.backend).await?;
    let mut progress = bar(run);
    let on = (backend.clone(), around.host.clone());
    let ready = match Encoder::reads(&checkpoint)? {
        true => look(on, checkpoint, &wish, &mut progress).await?,
        false => read(on, checkpoint, &wish, &mut progress).await?,
    };
    worker.seat(number, ready.seat);
    let told = Told { family: ready.family, sees: ready.sees, room: ready.room, because, notes: ready.notes };
    send(run, News::Loaded(loaded(told, backend.as_ref(), around.build, (around.host.now)() - start)));
    Ok(())
}

/// A second encoder for the one that is there.
async fn beside(worker: &Worker, run: u32, wish: Load, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    let mut taken = worker.take()?;
    let Some(Seat::Vision(gaze, rounds)) = &mut taken.seat else { return Err(crate::encode::reads_questions()) };
    let start = (worker.around.host.now)();
    let checkpoint = checkpoint(files).await?;
    let around = worker.around(*rounds);
    gaze.accompany(&around, checkpoint, vision(&wish.quant)?, &mut bar(run)).await?;
    let (family, notes) = (gaze.family(), gaze.unpacked().map(Kept::to_string).collect());
    let told = Told { family, sees: false, room: 0, because: "the first encoder is there".into(), notes };
    let ms = (worker.around.host.now)() - start;
    send(run, News::Loaded(loaded(told, gaze.backend().as_ref(), around.build, ms)));
    Ok(())
}

/// Bytes on their way to the backend.
fn bar(run: u32) -> impl FnMut(u64, u64) {
    let mut told = 0;
    move |done, total| {
        // A hundred messages are enough for a bar.
        if done == total || done >= told + total / 100 {
            told = done;
            let news = Loading { step: "upload".into(), done: done as f64, total: total as f64 };
            send(run, News::Loading(news));
        }
    }
}

/// What a load tells of a model.
struct Told {
    family: &'static str,
    sees: bool,
    room: usize,
    because: String,
    notes: Vec<String>,
}

fn loaded(told: Told, on: &dyn Backend, build: &str, ms: f64) -> Loaded {
    let caps = on.caps();
    Loaded {
        family: told.family.into(),
        sees: told.sees,
        context: told.room as u32,
        backend: caps.name.into(),
        because: told.because,
        device: caps.device.clone(),
        threads: caps.threads as u32,
        build: build.into(),
        notes: told.notes,
        ms,
    }
}

/// What matrices of an encoder are converted to.
fn vision(quant: &str) -> Result<Option<Kind>, Error> {
    Ok(wishes(quant, &["vision"])?[0])
}

/// A backend, and the surroundings it works in.
type On = (Rc<dyn Backend>, Host);
/// A model that is ready, its family, whether it can be asked about pictures, the tokens it has room for, and what is to be
/// said of it.
struct Ready {
    seat: Seat,
    family: &'static str,
    sees: bool,
    room: usize,
    notes: Vec<String>,
}

/// A language model, with an eye where it has one.
async fn read(on: On, from: Checkpoint, wish: &Load, progress: Progress<'_>) -> Result<Ready, Error> {
    let Load { quant, exact, context, resolution, whole, .. } = wish;
    let showing = Showing { resolution: resolution.map(|n| n as usize), whole: *whole };
    let asked = talk::Asked { quant, exact: *exact, context: context.map(|n| n as usize), showing };
    let talk = Talk::load(on, from, asked, progress).await?;
    let (family, sees, room) = (talk.session.model.family.name, talk.sees(), talk.session.room());
    let notes = talk.unpacked().map(Kept::to_string).collect();
    Ok(Ready { seat: Seat::Talk(talk.into(), activations(quant, *exact)?), family, sees, room, notes })
}

/// A vision encoder.
async fn look(on: On, from: Checkpoint, wish: &Load, progress: Progress<'_>) -> Result<Ready, Error> {
    if wish.resolution.is_some() || wish.whole {
        let what = "an encoder alone is asked for each picture how it is shown";
        return Err(Error::new("resolution", what, "leave resolution and whole out; encode takes them"));
    }
    let gaze = Gaze::load(on, from, vision(&wish.quant)?, progress).await?;
    let (family, notes) = (gaze.family(), gaze.unpacked().map(Kept::to_string).collect());
    let seat = Seat::Vision(gaze.into(), activations(&wish.quant, wish.exact)?);
    Ok(Ready { seat, family, sees: false, room: 0, notes })
}

/// One GGUF file, beside it perhaps an encoder and a projector in another; or the files of a Hugging Face directory.
async fn checkpoint(files: Vec<(String, web_sys::Blob)>) -> Result<Checkpoint, Error> {
    let source = |(name, blob): &(String, web_sys::Blob)| -> Rc<dyn Source> {
        Rc::new(BlobSource::new(name.clone(), blob.clone()))
    };
    let (eyes, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| name.contains("mmproj"));
    match (&rest[..], &eyes[..]) {
        ([], []) => {
            Err(Error::new("files", "no file came with the request to load", "name a model, an address or a file"))
        }
        ([one], []) | ([], [one]) => Checkpoint::gguf(source(one)).await,
        ([one], [eye]) => Ok(Checkpoint::gguf(source(one)).await?.with_mmproj(Checkpoint::gguf(source(eye)).await?)),
        (_, []) => Checkpoint::hf(&|name| files.iter().find(|(n, _)| n == name).map(source)).await,
        _ => {
            let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
            let what = format!("of {} several could be the model's, or what it sees with", names.join(", "));
            Err(Error::new("files", what, "give one .gguf file, and one mmproj file beside it"))
        }
    }
}
