//! A picture shown to a vision encoder.

use crate::seat::{Seat, Worker};
use crate::tell::give_back;
use squint_engine::{Error, Gazed};
use squint_protocol::{Encode, Encoded, News};

pub async fn encode(worker: &Worker, run: u32, wish: Encode, pixels: js_sys::Float32Array) -> Result<(), Error> {
    let mut taken = worker.take()?;
    let Some(Seat::Vision(gaze, activations)) = &mut taken.seat else {
        return Err(Error::new("model", "the model reads questions, not pictures", "load a vision encoder"));
    };
    let now = &worker.around.host.now;
    let start = now();
    let size = wish.size.map(|size| size.map(|n| n as usize));
    let Gazed { shape, made } = gaze.look(&worker.around(*activations), size, &pixels.to_vec()).await?;
    let (ms, reused) = (now() - start, made.reused);
    let encoded = Encoded { shape: shape.map(|n| n as u32), values: made.values.to_vec(), ms, reused };
    give_back(run, News::Encoded(encoded), &pixels);
    Ok(())
}
