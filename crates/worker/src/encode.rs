//! A picture, or the numbers of one, shown to a vision encoder, or to two.

use crate::meter::{meter, row};
use crate::seat::{Seat, Worker};
use crate::shots::{Beside, shots};
use crate::tell::{give_back, send};
use squint_engine::picture::{Cut, Showing};
use squint_engine::{self as engine, Backend, Error, Glance, Join, Wanted};
use squint_protocol::{Encode, Encoded, Loading, News};

pub fn reads_questions() -> Error {
    Error::new("model", "the model reads questions, not pictures", "load a vision encoder")
}

pub async fn encode(
    worker: &Worker,
    run: u32,
    wish: Encode,
    pixels: Option<js_sys::Float32Array>,
    pictures: Vec<Beside>,
) -> Result<(), Error> {
    let mut taken = worker.take()?;
    let Some(Seat::Vision(gaze, activations)) = &mut taken.seat else { return Err(reads_questions()) };
    let (now, around) = (&worker.around.host.now, worker.around(*activations));
    let (wanted, beside) = wanted(&wish)?;
    let shots = shots(pictures).await?;
    let start = now();
    let glance = match (&shots[..], &pixels) {
        ([shot], None) => {
            let picture = shot.picture(&around.host).await?;
            let mut progress = |done, total| {
                let news = Loading { step: "look".into(), done: done as f64, total: total as f64 };
                send(run, News::Loading(news));
            };
            gaze.glance(&around, &picture, (wanted, beside), &mut progress).await?
        }
        ([], Some(pixels)) => {
            if beside.is_some() || wanted.cut.is_some() || wanted.showing != Showing::default() {
                let what = "pixels are shown as they are, to one encoder";
                return Err(Error::new(
                    "pixels",
                    what,
                    "give the image instead, or leave resolution, whole, cut and with out",
                ));
            }
            let size = wish.size.map(|size| size.map(|n| n as usize));
            gaze.look(&around, (size, wanted), &pixels.to_vec()).await?
        }
        _ => {
            let what = format!("{} pictures, and pixels: {}", shots.len(), pixels.is_some());
            return Err(Error::new("request", what, "give one image, or the pixels of one"));
        }
    };
    let encoded = told(glance, now() - start, gaze.backend().as_ref(), worker.around.build);
    match pixels {
        Some(pixels) => give_back(run, News::Encoded(encoded), &pixels),
        None => send(run, News::Encoded(encoded)),
    }
    Ok(())
}

/// What is asked for, and of a second encoder.
fn wanted(wish: &Encode) -> Result<(Wanted, Option<engine::Beside>), Error> {
    let edge = |n: Option<u32>| n.map(|n| n as usize);
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let join = said(&wish.join).as_deref().map(Join::read).transpose()?;
    let beside = join.map(|join| engine::Beside { resolution: edge(wish.with_resolution), join });
    let wanted = Wanted {
        showing: Showing { resolution: edge(wish.resolution), whole: wish.whole },
        cut: said(&wish.cut).as_deref().map(Cut::read).transpose()?,
        hidden: wish.hidden,
        pooled: wish.pooled,
        layer: wish.layer.map(i64::from),
        patches: wish.patches,
    };
    Ok((wanted, beside))
}

fn told(glance: Glance, ms: f64, on: &dyn Backend, build: &str) -> Encoded {
    let Glance { shape, values, views, stages } = glance;
    // One that is no row of a picture is the only one.
    let shape = [shape[..shape.len() - 1].iter().product(), shape[shape.len() - 1]];
    Encoded {
        shape: shape.map(|n: usize| n as u32),
        values: values.to_vec(),
        ms,
        reused: stages.iter().filter(|s| s.stage.name == "vision").all(|s| s.reused),
        views: views.iter().map(|v| [v.height as u32, v.width as u32]).collect(),
        stages: stages.iter().map(row).collect(),
        peak_bytes: on.ledger().most() as f64,
        meter: meter(on, build, &stages),
    }
}
