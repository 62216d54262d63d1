//! From a checkpoint to a model on a backend: weights are streamed in pieces, converted on the way where asked, and
//! never held twice.

use squint_models::Named;
use squint_models::text::{Text, family};
use squint_nn::decoder::{Answer, Decoder, Pass, Recorded, record};
use squint_nn::{Place, Want};
use squint_ops::{Backend, Error, Handle, Host, Kind};
use squint_weights::Checkpoint;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Bytes read at once: enough to keep a disk busy, small beside any model.
const PIECE: usize = 1 << 20;

pub struct Model {
    pub backend: Rc<dyn Backend>,
    pub host: Host,
    pub family: &'static Text,
    pub sizes: Decoder,
    pub checkpoint: Rc<Checkpoint>,
    /// What matrices were converted to; none keeps the file's formats.
    pub quant: Option<Kind>,
    weights: BTreeMap<String, Handle>,
}

/// Bytes read so far, and all there will be.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

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
        let mut model = Model { backend, host, family, sizes, checkpoint, quant, weights: BTreeMap::new() };
        // One row with room for one names every weight there is.
        let pass = Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32 };
        let wants: Vec<Want> = model.record(pass)?.wants.into_iter().filter(|w| w.place == Place::Model).collect();
        let names = model.names();
        let tensors = || wants.iter().flat_map(|w| w.name.split('+')).filter_map(|n| names.tensor(n));
        let used: BTreeSet<&str> = tensors().map(|t| t.name.as_str()).collect();
        let ignored = |name: &str| family.ignored.iter().any(|end| name.ends_with(end));
        if let Some(t) = model.checkpoint.tensors().find(|t| !used.contains(t.name.as_str()) && !ignored(&t.name)) {
            // A bias or a norm that the recipe does not know would make every answer a little wrong.
            return Err(Error::new(
                "tensor",
                format!("the tensor '{}' has no place in a model of the family '{}'", t.name, family.name),
                "the file is a variant that Squint does not know",
            ));
        }
        let total = tensors().map(|t| t.bytes).sum();
        let mut weights = BTreeMap::new();
        let mut done = 0;
        progress(0, total);
        for want in &wants {
            let handle = match want.cols {
                0 => model.backend.create(want.kind, want.rows)?,
                cols => model.backend.matrix(want.kind, want.rows, cols)?,
            };
            if let Some(values) = &want.made {
                model.backend.write(&handle, 0, &Kind::F32.pack_all(values))?;
                weights.insert(want.name.clone(), handle);
                continue;
            }
            let mut at = 0;
            for part in want.name.split('+') {
                at += model
                    .stream(want.kind, part, &handle, at, &mut |n| {
                        done += n;
                        progress(done, total);
                    })
                    .await?;
            }
            weights.insert(want.name.clone(), handle);
        }
        model.weights = weights;
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
        self.weights.get(name).ok_or_else(|| Error::bug(format!("the weight '{name}' was not loaded")))
    }

    /// One tensor into `handle` from byte `at` on, in whole rows. Says how many bytes it took there.
    async fn stream(
        &self,
        kind: Kind,
        name: &str,
        handle: &Handle,
        at: usize,
        read: &mut dyn FnMut(u64),
    ) -> Result<usize, Error> {
        let names = self.names();
        let tensor = names.tensor(name).ok_or_else(|| Error::bug(format!("the tensor of '{name}' is gone")))?;
        let cols = tensor.shape.last().copied().unwrap_or(1);
        let (from, to) = (tensor.kind.bytes_of(cols), kind.bytes_of(cols));
        let rows = tensor.len() / cols.max(1);
        let at_once = (PIECE / from.max(1)).max(1);
        let mut piece = vec![];
        for row in (0..rows).step_by(at_once) {
            let count = at_once.min(rows - row);
            piece.resize(count * from, 0);
            self.checkpoint.read(&tensor.name, (row * from) as u64, &mut piece).await?;
            let place = at + row * to;
            if tensor.kind == kind {
                self.backend.write(handle, place, &piece)?;
            } else {
                let numbers = tensor.kind.unpack_all(&piece);
                self.backend.write(handle, place, &kind.pack_all(&numbers))?;
            }
            read((count * from) as u64);
            (self.host.pause)().await;
        }
        Ok(rows * to)
    }
}
