//! A projector on a backend: an encoder's rows in, a language model's rows out.

use crate::both::both;
use crate::kept::Kept;
use crate::weights::{Loader, Progress};
use squint_models::Named;
use squint_models::projector::{Ends, Projector, record};
use squint_ops::{Backend, Bill, Buf, Error, Host, Kind, Null, Prepared};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Projection {
    pub backend: Rc<dyn Backend>,
    pub ends: Ends,
    /// Rows that come out.
    pub tokens: usize,
    /// What one run costs.
    pub bill: Bill,
    /// Matrices that could not be converted as was asked.
    pub unpacked: Option<Kept>,
    prepared: Prepared,
    views: Vec<Buf>,
    rows: Buf,
}

impl Projection {
    /// `absent` are ends of names of weights that are not there, none where only the file tells; `ignored` are ends and beginnings of names of tensors of the checkpoint that are not missed; `quant` is what matrices are converted
    /// to, none keeps the file's formats.
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: &Checkpoint,
        (kind, absent, ignored): (&'static Projector, Option<&[&'static str]>, &[&'static str]),
        ends: Ends,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Projection, Error> {
        let sizes = (kind.read)(&checkpoint.facts, &ends)?;
        let names = || Named { checkpoint, first: &[], naming: kind.naming, outer: &[""], absent, to: quant };
        let projected = record(&names(), sizes.as_ref(), &ends)?;
        let loader = Loader { backend: backend.as_ref(), host: &host, names: names(), family: kind.name, ignored };
        let (weights, ()) = both(loader.load(&projected.wants, progress), backend.warm(&projected.rec)).await?;
        let prepared = backend.prepare(&projected.rec, &weights.bind(&projected.wants)?).await?;
        let bill = Null::bill(&projected.rec, &[])?;
        let unpacked = Kept::of(&projected.wants, quant);
        let (views, rows, tokens) = (projected.views, projected.rows, sizes.tokens());
        Ok(Projection { backend, ends, tokens, bill, unpacked, prepared, views, rows })
    }

    /// Of each view its rows, [rows, chans] → [tokens, width]
    pub async fn project(&self, views: &[&[f32]]) -> Result<Vec<f32>, Error> {
        if views.len() != self.views.len() {
            let what = format!("{} encoders' rows for a projector of {}", views.len(), self.views.len());
            return Err(Error::new("rows", what, "give the rows of each encoder"));
        }
        for ((rows, buf), view) in views.iter().zip(&self.views).zip(&self.ends.views) {
            if rows.len() != view.rows() * view.chans {
                let what = format!("{} numbers for {} rows of {}", rows.len(), view.rows(), view.chans);
                return Err(Error::new("rows", what, "give the rows of the encoder that the projector was made for"));
            }
            self.backend.write(self.prepared.handle(*buf), 0, bytemuck::cast_slice(rows))?;
        }
        self.backend.run(&self.prepared, &[]).await?;
        Ok(Kind::F32.unpack_all(&self.backend.read(self.prepared.handle(self.rows)).await?))
    }
}
