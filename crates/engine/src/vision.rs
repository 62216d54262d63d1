//! A vision encoder on a backend: pixels in, logits and rows out.

use crate::artefacts::{self, Key, Made, Store};
use crate::both::both;
use crate::weights::{Loader, Progress};
use squint_models::Named;
use squint_models::vision::{VISIONS, Vision, family};
use squint_nn::encoder;
use squint_ops::{Backend, Buf, Error, Host, Kind, Prepared};
use squint_weights::Checkpoint;
use std::{cell::Cell, rc::Rc};

pub struct Encoder {
    pub backend: Rc<dyn Backend>,
    pub family: &'static Vision,
    pub sizes: encoder::Encoder,
    prepared: Prepared,
    pixels: Buf,
    hidden: Buf,
    logits: Buf,
    /// The picture whose rows are on the device.
    shown: Cell<Option<Key>>,
    kept: Store,
}

impl Encoder {
    /// Whether a checkpoint is a vision encoder; if not, it may be a language model.
    pub fn reads(checkpoint: &Checkpoint) -> Result<bool, Error> {
        Ok(family(&checkpoint.facts)?.is_some())
    }

    /// `quant` is what matrices are converted to; none keeps the file's formats.
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: &Checkpoint,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Encoder, Error> {
        let family = family(&checkpoint.facts)?.ok_or_else(|| {
            let known: Vec<_> = VISIONS.iter().flat_map(|v| v.architectures).copied().collect();
            let what = format!("'{}' is no vision encoder", checkpoint.facts.architecture().unwrap_or("?"));
            Error::new("architecture", what, format!("known are {}", known.join(", ")))
        })?;
        let sizes = (family.sizes)(&checkpoint.facts)?;
        let names = || Named { checkpoint, naming: family.naming, to: quant };
        let encoded = (family.record)(&names(), &sizes)?;
        let loader = Loader {
            backend: backend.as_ref(),
            host: &host,
            names: names(),
            family: family.name,
            ignored: family.ignored,
        };
        let (weights, ()) = both(loader.load(&encoded.wants, progress), backend.warm(&encoded.rec)).await?;
        let prepared = backend.prepare(&encoded.rec, &weights.bind(&encoded.wants)?).await?;
        let encoder::Encoded { pixels, hidden, logits, .. } = encoded;
        let (shown, kept) = (Cell::default(), Store::new(artefacts::BUDGET));
        Ok(Encoder { backend, family, sizes, prepared, pixels, hidden, logits, shown, kept })
    }

    /// With room for so many bytes of what was computed.
    pub fn keeping(self, budget: usize) -> Encoder {
        Encoder { kept: Store::new(budget), ..self }
    }

    /// The classifier's logits. `pixels` lie [height, width, channels], normalised as the model was trained.
    pub async fn logits(&self, pixels: &[f32]) -> Result<Made<f32>, Error> {
        self.stage(pixels, "head", self.logits).await
    }

    /// Rows after the final norm, [rows, width]; the class token's is the first.
    pub async fn hidden(&self, pixels: &[f32]) -> Result<Made<f32>, Error> {
        self.stage(pixels, "vision", self.hidden).await
    }

    async fn stage(&self, pixels: &[f32], name: &str, out: Buf) -> Result<Made<f32>, Error> {
        let (image, chans) = (self.sizes.image, self.sizes.chans);
        if pixels.len() != self.sizes.pixels() {
            return Err(Error::new(
                "pixels",
                format!("{} numbers for {}×{} pixels of {chans}", pixels.len(), image.height, image.width),
                "give the picture in the model's own size, red, green and blue of a pixel side by side",
            ));
        }
        // Every machine that browsers run on has the little end first, as backends take it.
        let pixels = bytemuck::cast_slice(pixels);
        let picture = Key::of(pixels);
        let make = async || {
            self.show(picture, pixels).await?;
            Ok(Kind::F32.unpack_all(&self.backend.read(self.prepared.handle(out)).await?))
        };
        self.kept.stage(picture.then(name, ""), make).await
    }

    /// Runs the encoder over a picture, unless it ran over that one last.
    async fn show(&self, picture: Key, pixels: &[u8]) -> Result<(), Error> {
        // A run that is dropped half-way leaves rows of no picture.
        if self.shown.take() != Some(picture) {
            self.backend.write(self.prepared.handle(self.pixels), 0, pixels)?;
            self.backend.run(&self.prepared, &[]).await?;
        }
        self.shown.set(Some(picture));
        Ok(())
    }
}
