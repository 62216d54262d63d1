//! A vision encoder on a backend: pixels in; rows, one row for all, and scores out. Which rows of which layer, and how large
//! a picture is, are switches that can be turned while its weights stay.

use crate::artefacts::{self, Key, Made, Store};
use crate::both::both;
use crate::kept::Kept;
use crate::picture::Showing;
use crate::weights::{Loader, Progress, Weights};
use squint_models::vision::{Found, VISIONS, Vision, family};
use squint_models::vlm::tower;
use squint_models::{Member, Named};
use squint_nn::Asked;
use squint_nn::encoder::{self, Encoded, Look};
use squint_ops::{Backend, Bill, Buf, Error, Grid, Handle, Host, Kind, Null, Prepared};
use squint_weights::Checkpoint;
use std::{cell::Cell, rc::Rc};

/// That pictures are made as a model takes them, where nobody asked for another size: of a directory with files of two models
/// nothing else would say so.
pub fn takes((family, sizes): (&Vision, &encoder::Encoder), made: Grid, how: Showing) -> Result<(), Error> {
    if made == sizes.image || family.any_size || how.resolution.is_some() {
        return Ok(());
    }
    let size = |of: Grid| format!("{}×{}", of.height, of.width);
    let (made, takes) = (size(made), size(sizes.image));
    let what = format!("the preprocessor's configuration makes pictures of {made}, the model takes {takes}");
    let hint = "the two files are of different models: get the directory again, or ask for a resolution";
    Err(Error::new("image", what, hint))
}

/// Longest edge of a picture.
const EDGE: usize = 1 << 12;

pub struct Encoder {
    pub backend: Rc<dyn Backend>,
    pub family: &'static Vision,
    pub sizes: encoder::Encoder,
    /// Matrices that could not be converted as was asked.
    pub unpacked: Option<Kept>,
    /// In what formats its weights are.
    formats: Asked<'static>,
    weights: Weights,
    seen: Seen,
    kept: Store,
}

/// One way to look at pictures, ready to run.
struct Seen {
    look: Look,
    /// What one run costs.
    bill: Bill,
    prepared: Prepared,
    pixels: Buf,
    hidden: Buf,
    pooled: Option<Buf>,
    scores: Option<Buf>,
    /// The picture whose rows are on the device.
    shown: Cell<Option<Key>>,
}

impl Encoder {
    /// Whether a checkpoint is a vision encoder; if not, it may be a language model.
    pub fn reads(checkpoint: &Checkpoint) -> Result<bool, Error> {
        Ok(family(&checkpoint.facts)?.is_some())
    }

    /// The encoder of a checkpoint, or that it has none.
    pub fn find(checkpoint: &Checkpoint) -> Result<Found, Error> {
        tower(checkpoint)?.ok_or_else(|| {
            let known: Vec<_> = VISIONS.iter().flat_map(|v| v.architectures).copied().collect();
            let what = format!("'{}' is no vision encoder", checkpoint.facts.architecture().unwrap_or("?"));
            Error::new("architecture", what, format!("known are {}", known.join(", ")))
        })
    }

    /// `quant` is what matrices are converted to; none keeps the file's formats.
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: &Checkpoint,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Encoder, Error> {
        let member = Encoder::find(checkpoint)?;
        // Everything there is: no other look needs a weight more.
        let look = member.sizes.look();
        Encoder::load_for(backend, host, checkpoint.eye(), (member, look), quant, progress).await
    }

    /// The same with the weights that one look needs, and no other.
    pub async fn load_for(
        backend: Rc<dyn Backend>,
        host: Host,
        checkpoint: &Checkpoint,
        (member, look): (Found, Look),
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Encoder, Error> {
        let Member { family, sizes, first, outer, ignored, absent } = member;
        let names = || Named { checkpoint, first, naming: family.naming, outer, absent: absent.as_deref(), to: quant };
        let named = names();
        let asked = Asked::of(&named);
        let all = family.record(&asked, &sizes, sizes.look())?.wants;
        let encoded = family.record(&asked, &sizes, look)?;
        let formats = asked.alone();
        let loader =
            Loader { backend: backend.as_ref(), host: &host, names: names(), family: family.name, ignored: &ignored };
        let (weights, ()) = both(loader.load_some(&encoded.wants, &all, progress), backend.warm(&encoded.rec)).await?;
        let unpacked = Kept::of(&encoded.wants, quant);
        let seen = Seen::new(backend.as_ref(), &weights, encoded, look).await?;
        Ok(Encoder { backend, family, sizes, unpacked, formats, weights, seen, kept: Store::new(artefacts::BUDGET) })
    }

    /// With room for so many bytes of what was computed.
    pub fn keeping(self, budget: usize) -> Encoder {
        Encoder { kept: Store::new(budget), ..self }
    }

    /// From now on pictures are looked at like this. What was made of others before is still kept.
    pub async fn turn(&mut self, look: Look) -> Result<(), Error> {
        if look != self.seen.look {
            let encoded = self.family.record(&self.formats, &self.sizes, look)?;
            self.seen = Seen::new(self.backend.as_ref(), &self.weights, encoded, look).await?;
        }
        Ok(())
    }

    /// Pictures of this height and width, of the model's own where none is said; or that it cannot be shown such.
    pub fn image(&self, size: Option<[usize; 2]>) -> Result<Grid, Error> {
        let image = size.map_or(self.sizes.image, |[height, width]| Grid { height, width });
        let Grid { height, width } = self.sizes.patch;
        if !(height..=EDGE).contains(&image.height) || !(width..=EDGE).contains(&image.width) {
            let what = format!("a picture of {}×{}", image.height, image.width);
            let least = if height == width { height.to_string() } else { format!("{height} by {width}") };
            return Err(Error::new("image", what, format!("choose edges from {least} to {EDGE}")));
        }
        Ok(image)
    }

    /// How pictures are looked at.
    pub fn look(&self) -> Look {
        self.seen.look
    }

    /// Numbers of a picture.
    pub fn pixels(&self) -> usize {
        self.sizes.pixels(self.seen.look.image)
    }

    /// Rows that come of a picture, and numbers of a row.
    pub fn shape(&self) -> [usize; 2] {
        [self.sizes.rows(self.seen.look), self.sizes.wide(self.seen.look)]
    }

    /// The classifier's logits. `pixels` lie [height, width, channels], normalised as the model was trained.
    pub async fn logits(&self, pixels: &[f32]) -> Result<Made<f32>, Error> {
        let scores = self.seen.scores.ok_or_else(|| self.without("classes"))?;
        self.stage(pixels, "head", scores).await
    }

    /// The row that stands for the whole picture.
    pub async fn pooled(&self, pixels: &[f32]) -> Result<Made<f32>, Error> {
        let pooled = self.seen.pooled.ok_or_else(|| self.without("a pooled row"))?;
        self.stage(pixels, "pooled", pooled).await
    }

    /// The rows, [rows, width]; learned tokens' are the first, the class token's before them.
    pub async fn hidden(&self, pixels: &[f32]) -> Result<Made<f32>, Error> {
        self.stage(pixels, "vision", self.seen.hidden).await
    }

    /// Looks at a picture; its rows stay on the device. Says whether anything ran: they may be there.
    pub async fn see(&self, pixels: &[f32]) -> Result<bool, Error> {
        let (picture, pixels) = self.picture(pixels)?;
        self.show(picture, pixels).await
    }

    /// Where the rows are of the picture seen last.
    pub fn out(&self) -> &Handle {
        self.seen.prepared.handle(self.seen.hidden)
    }

    /// What it costs to look at one picture.
    pub fn bill(&self) -> Bill {
        self.seen.bill
    }

    pub fn has_pooled(&self) -> bool {
        self.seen.pooled.is_some()
    }
    pub fn has_scores(&self) -> bool {
        self.seen.scores.is_some()
    }

    fn without(&self, what: &str) -> Error {
        let what = format!("this {} has not {what}, or was not asked for all of its layers", self.family.name);
        Error::new("head", what, "ask for rows")
    }

    async fn stage(&self, pixels: &[f32], name: &str, out: Buf) -> Result<Made<f32>, Error> {
        let (picture, pixels) = self.picture(pixels)?;
        let make = async || {
            self.show(picture, pixels).await?;
            Ok(Kind::F32.unpack_all(&self.backend.read(self.seen.prepared.handle(out)).await?))
        };
        self.kept.stage(picture.then(name, &format!("{:?}", self.seen.look)), make).await
    }

    /// Pixels as backends take them, and their key.
    fn picture<'a>(&self, pixels: &'a [f32]) -> Result<(Key, &'a [u8]), Error> {
        let (image, chans) = (self.seen.look.image, self.sizes.chans);
        if pixels.len() != self.pixels() {
            return Err(Error::new(
                "pixels",
                format!("{} numbers for {}×{} pixels of {chans}", pixels.len(), image.height, image.width),
                "give the picture in the model's own size, red, green and blue of a pixel side by side",
            ));
        }
        // Every machine that browsers run on has the little end first, as backends take it.
        let pixels = bytemuck::cast_slice(pixels);
        Ok((Key::of(pixels), pixels))
    }

    /// Runs the encoder over a picture, unless it ran over that one last.
    async fn show(&self, picture: Key, pixels: &[u8]) -> Result<bool, Error> {
        let seen = &self.seen;
        // A run that is dropped half-way leaves rows of no picture.
        let runs = seen.shown.take() != Some(picture);
        if runs {
            self.backend.write(seen.prepared.handle(seen.pixels), 0, pixels)?;
            self.backend.run(&seen.prepared, &[]).await?;
        }
        seen.shown.set(Some(picture));
        Ok(runs)
    }
}

impl Seen {
    async fn new(on: &dyn Backend, weights: &Weights, encoded: Encoded, look: Look) -> Result<Seen, Error> {
        let prepared = on.prepare(&encoded.rec, &weights.bind(&encoded.wants)?).await?;
        let bill = Null::bill(&encoded.rec, &[])?;
        let Encoded { pixels, hidden, pooled, scores, .. } = encoded;
        Ok(Seen { look, bill, prepared, pixels, hidden, pooled, scores, shown: Cell::default() })
    }
}
