//! A language model on a backend: its family, its sizes, its weights.

use crate::weights::{Loader, Progress, Weights};
use squint_models::Named;
use squint_models::text::{Text, family};
use squint_nn::decoder::{Answer, Decoder, Pass, Recorded, record};
use squint_ops::{Backend, Error, Handle, Host, Kind};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Model {
    pub backend: Rc<dyn Backend>,
    pub host: Host,
    pub family: &'static Text,
    pub sizes: Decoder,
    pub checkpoint: Rc<Checkpoint>,
    /// What matrices were converted to; none keeps the file's formats.
    pub quant: Option<Kind>,
    weights: Weights,
}

impl Model {
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: Rc<Checkpoint>,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Model, Error> {
        let family = family(&checkpoint.facts)?;
        let sizes = (family.sizes)(&checkpoint.facts)?;
        let mut model = Model { backend, host, family, sizes, checkpoint, quant, weights: Weights::default() };
        // One row with room for one names every weight there is.
        let pass = Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32 };
        let wants = model.record(pass)?.wants;
        let loader = Loader {
            backend: model.backend.as_ref(),
            host: &model.host,
            names: model.names(),
            family: family.name,
            ignored: family.ignored,
        };
        model.weights = loader.load(&wants, progress).await?;
        Ok(model)
    }

    fn names(&self) -> Named<'_> {
        Named { checkpoint: &self.checkpoint, naming: self.family.naming, to: self.quant }
    }

    /// A pass of this model over its own weights.
    pub fn record(&self, pass: Pass) -> Result<Recorded, Error> {
        record(&self.names(), &self.sizes, self.family.layer, pass)
    }

    /// The buffer of one of its weights.
    pub fn weight(&self, name: &str) -> Result<&Handle, Error> {
        self.weights.get(name)
    }
}
