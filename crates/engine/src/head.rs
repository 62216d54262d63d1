//! A head on a backend: an encoder's rows in, a map over the picture out.

use crate::both::both;
use crate::weights::{Loader, Progress};
use squint_models::Named;
use squint_models::head::{head, look, record};
use squint_nn::encoder::{self, Look};
use squint_ops::{Backend, Buf, Error, Grid, Host, Kind, Prepared};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Head {
    backend: Rc<dyn Backend>,
    image: Grid,
    prepared: Prepared,
    rows: Buf,
    map: Buf,
}

impl Head {
    /// The head of this name, for pictures of one size.
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: &Checkpoint,
        (name, image): (&str, Grid),
        e: &encoder::Encoder,
        progress: Progress<'_>,
    ) -> Result<Head, Error> {
        let (kind, fitted) = head(&checkpoint.facts, name)?;
        let names = || Named { checkpoint, first: &[], naming: kind.naming, outer: &[""], absent: None, to: None };
        let headed = record(&names(), fitted.as_ref(), e, image)?;
        let (on, ignored) = (backend.as_ref(), kind.ignored);
        let loader = Loader { backend: on, host: &host, names: names(), family: kind.name, ignored };
        let (weights, ()) = both(loader.load(&headed.wants, progress), on.warm(&headed.rec)).await?;
        let prepared = on.prepare(&headed.rec, &weights.bind(&headed.wants)?).await?;
        let (rows, map) = (headed.rows, headed.map);
        Ok(Head { backend, image, prepared, rows, map })
    }

    /// How the encoder has to look at pictures.
    pub fn look(image: Grid) -> Look {
        look(image)
    }

    /// The encoder's rows → [height, width], a number for each pixel of the picture.
    pub async fn map(&self, rows: &[f32]) -> Result<Vec<f32>, Error> {
        let input = self.prepared.handle(self.rows);
        if rows.len() != input.len {
            let Grid { height, width } = self.image;
            let what = format!(
                "{} numbers for a head over pictures of {height}×{width}, which takes {}",
                rows.len(),
                input.len
            );
            return Err(Error::new("rows", what, "give all rows of the encoder, of a picture of that size"));
        }
        self.backend.write(input, 0, bytemuck::cast_slice(rows))?;
        self.backend.run(&self.prepared, &[]).await?;
        Ok(Kind::F32.unpack_all(&self.backend.read(self.prepared.handle(self.map)).await?))
    }
}
