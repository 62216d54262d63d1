//! A vision encoder that stands alone: numbers of a picture in, rows or scores out, on another device if its own goes.

use crate::artefacts::Made;
use crate::kept::Kept;
use crate::open::{Backends, Surroundings};
use crate::revive::Lives;
use crate::vision::Encoder;
use crate::weights::Progress;
use squint_ops::{Backend, Error, Host, Kind};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Gaze {
    encoder: Encoder,
    /// What it is read from again.
    checkpoint: Checkpoint,
    quant: Option<Kind>,
}

/// What came of a picture: a row of scores where the model knows classes, else its rows.
pub struct Gazed {
    pub shape: [usize; 2],
    pub made: Made<f32>,
}

impl Gaze {
    pub async fn load(
        (on, host): (Rc<dyn Backend>, Host),
        checkpoint: Checkpoint,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Gaze, Error> {
        let encoder = Encoder::load(on, host, &checkpoint, quant, progress).await?;
        Ok(Gaze { encoder, checkpoint, quant })
    }

    pub fn family(&self) -> &'static str {
        self.encoder.family.name
    }

    /// Matrices that could not be converted as was asked.
    pub fn unpacked(&self) -> impl Iterator<Item = &Kept> {
        self.encoder.unpacked.iter()
    }

    /// Looks at a picture of this height and width; of the model's own, where none is said. Dropping the future ends the
    /// work.
    pub async fn look(
        &mut self,
        around: &Surroundings,
        size: Option<[usize; 2]>,
        pixels: &[f32],
    ) -> Result<Gazed, Error> {
        let mut lives = Lives::new(around);
        loop {
            match self.once(size, pixels).await {
                Err(e) => lives.reopen(e, async |around| self.again(around).await).await?,
                gazed => return gazed,
            }
        }
    }

    async fn once(&mut self, size: Option<[usize; 2]>, pixels: &[f32]) -> Result<Gazed, Error> {
        let encoder = &mut self.encoder;
        encoder.resize(size).await?;
        Ok(match encoder.has_scores() {
            true => {
                let made = encoder.logits(pixels).await?;
                Gazed { shape: [1, made.values.len()], made }
            }
            false => Gazed { shape: encoder.shape(), made: encoder.hidden(pixels).await? },
        })
    }

    async fn again(&mut self, around: &Surroundings) -> Result<(), Error> {
        let (backend, _) = Backends::named(around, self.encoder.backend.caps().name).await?;
        let host = around.host.clone();
        self.encoder = Encoder::load(backend, host, &self.checkpoint, self.quant, &mut |_, _| ()).await?;
        Ok(())
    }
}
