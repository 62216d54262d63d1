//! A checkpoint's files become the model that answers.

use crate::blob::BlobSource;
use crate::seat::{Seat, Worker};
use crate::tell::send;
use squint_engine::picture::Showing;
use squint_engine::weights::Progress;
use squint_engine::{Backend, Backends, Encoder, Error, Gaze, Host, Kept, Talk, activations, talk, wishes};
use squint_protocol::{Load, Loaded, Loading, News};
use squint_weights::{Checkpoint, Source};
use std::rc::Rc;

pub async fn load(worker: &Worker, run: u32, wish: Load, files: Vec<(String, web_sys::Blob)>) -> Result<(), Error> {
    let number = worker.clear();
    let start = (worker.around.host.now)();
    let checkpoint = checkpoint(files).await?;
    let around = worker.around(activations(&wish.quant, wish.exact)?);
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
    worker.seat(number, ready.seat);
    let caps = backend.caps();
    send(
        run,
        News::Loaded(Loaded {
            family: ready.family.into(),
            sees: ready.sees,
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
        let what = "an encoder alone is shown numbers, of whatever size they are";
        return Err(Error::new("resolution", what, "leave resolution and whole out; encode takes height and width"));
    }
    let [quant] = wishes(&wish.quant, &["vision"])?[..] else {
        return Err(Error::bug("one wish was asked for"));
    };
    let gaze = Gaze::load(on, from, quant, progress).await?;
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
