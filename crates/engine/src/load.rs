//! A language model on a backend, alone or inside another: its family, its sizes, its weights.

use crate::both::both;
use crate::kept::Kept;
use crate::session::{CHUNK, RECENT};
use crate::stretch::stretched;
use crate::weights::{Loader, Progress, Weights};
use squint_models::text::Text;
use squint_models::vlm;
use squint_models::{Member, Named};
use squint_nn::decoder::{Answer, Decoder, Pass, Recorded, draw, record};
use squint_ops::{Backend, Error, Handle, Host, Kind};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Model {
    pub backend: Rc<dyn Backend>,
    pub host: Host,
    pub family: &'static Text,
    pub sizes: Decoder,
    /// What names of its tensors begin with: it may be a part of a larger model.
    outer: &'static [&'static str],
    /// What of them the configuration says is not there.
    absent: Option<Vec<&'static str>>,
    pub checkpoint: Rc<Checkpoint>,
    /// What matrices were converted to; none keeps the file's formats.
    pub quant: Option<Kind>,
    /// What that could not be done with.
    pub unpacked: Option<Kept>,
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
        Model::load_warm(backend, host, checkpoint, quant, None, progress).await
    }

    /// The same; and while weights come, all that passes over caches of this format need of the backend is made ready.
    pub async fn load_warm(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: Rc<Checkpoint>,
        quant: Option<Kind>,
        cache: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Model, Error> {
        let Member { family, sizes, outer, ignored, absent, .. } = vlm::language(&checkpoint.facts)?;
        let (unpacked, weights) = Default::default();
        let mut model = Model { backend, host, family, sizes, outer, absent, checkpoint, quant, unpacked, weights };
        model.sizes = stretched(&model.names(), model.sizes.clone()).await?;
        // One row with room for one names every weight there is.
        let pass = Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32, album: 0 };
        let wants = model.record(pass)?.wants;
        model.unpacked = Kept::of(&wants, quant);
        let loader = Loader {
            backend: model.backend.as_ref(),
            host: &model.host,
            names: model.names(),
            family: family.name,
            ignored: &ignored,
        };
        let (weights, ()) = both(loader.load(&wants, progress), model.warm(cache)).await?;
        model.weights = weights;
        Ok(model)
    }

    /// What a session will record, as far as sizes matter: a token, a part of a prompt, its last part, and a draw.
    async fn warm(&self, cache: Option<Kind>) -> Result<(), Error> {
        let Some(cache) = cache else { return Ok(()) };
        for (rows, answer) in [(1, Answer::Last), (CHUNK, Answer::Last), (CHUNK, Answer::Nothing)] {
            let recorded = self.record(Pass { rows, answer, room: CHUNK, cache, album: 0 })?;
            self.backend.warm(&recorded.rec).await?;
        }
        let ahead = self.backend.caps().ahead.max(1);
        self.backend.warm(&draw(self.sizes.vocab, RECENT, ahead).rec).await
    }

    fn names(&self) -> Named<'_> {
        let naming = self.family.naming;
        let (outer, absent) = (self.outer, self.absent.as_deref());
        Named { checkpoint: &self.checkpoint, first: &[], naming, outer, absent, to: self.quant }
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
