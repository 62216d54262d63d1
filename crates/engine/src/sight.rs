//! The eye of a vision-language model: preprocessor, encoder and projector as one. Pictures become rows that its language
//! model reads where words would stand.

use crate::answer::Measured;
use crate::artefacts::{self, Key, Store};
use crate::kept::Kept;
use crate::picture::{Picture, Preprocess, Showing, View, Views};
use crate::projection::Projection;
use crate::taken::Taken;
use crate::vision::{self, Encoder};
use crate::weights::Progress;
use squint_models::vlm::{Parts, VLMS};
use squint_ops::{Backend, Error, Grid, Host, Kind};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Sight {
    pub encoder: Encoder,
    pub projection: Projection,
    preprocess: Preprocess,
    host: Host,
    kept: Store,
}

/// What was seen.
#[derive(Clone, Default)]
pub struct Seen {
    /// Of each picture how it was cut.
    pub pictures: Vec<Views>,
    /// [rows of all views, width of the language model]
    pub rows: Vec<f32>,
    pub stages: Vec<Measured>,
}

impl Sight {
    /// `quant` is what the encoder's and the projector's matrices are converted to; none keeps the file's formats.
    pub async fn load(
        backend: Rc<dyn Backend>,
        host: Host,
        (checkpoint, showing): (&Checkpoint, Showing),
        quant: [Option<Kind>; 2],
        progress: Progress<'_>,
    ) -> Result<Sight, Error> {
        let parts = Parts::inside(checkpoint)?.ok_or_else(|| blind(checkpoint))?;
        let preprocess = preprocess(checkpoint, &parts)?.showing(showing)?;
        let image = preprocess.size().unwrap_or(parts.vision.sizes.image);
        vision::takes((parts.vision.family, &parts.vision.sizes), image, showing)?;
        let (look, ends) = (parts.look(image), parts.ends(image));
        let to = (parts.projector, parts.absent, &parts.others[..]);
        let (on, here, eye) = (backend.clone(), host.clone(), checkpoint.eye());
        let encoder = Encoder::load_for(on, here, eye, (parts.vision, look), quant[0], progress).await?;
        let projection = Projection::load(backend, host.clone(), eye, to, ends, quant[1], progress).await?;
        Ok(Sight { encoder, projection, preprocess, host, kept: Store::new(artefacts::BUDGET) })
    }

    /// Matrices that could not be converted as was asked.
    pub fn unpacked(&self) -> impl Iterator<Item = &Kept> {
        self.encoder.unpacked.iter().chain(&self.projection.unpacked)
    }

    /// Looks at pictures, one after the other.
    pub async fn see(&self, pictures: &[Picture]) -> Result<Seen, Error> {
        self.see_all(pictures, &mut |_, _| ()).await
    }

    /// The same, and says how many of their views it has seen: a large picture may have dozens.
    pub async fn see_all(&self, pictures: &[Picture], progress: Progress<'_>) -> Result<Seen, Error> {
        let (pictures, prepared) = self.prepare(pictures).await;
        let (rows, [vision, project]) = self.rows(&pictures, progress).await?;
        Ok(Seen { pictures, rows, stages: vec![prepared, vision, project] })
    }

    /// What the encoder will be shown of pictures. Nothing of it touches the device.
    pub async fn prepare(&self, pictures: &[Picture]) -> (Vec<Views>, Measured) {
        let start = (self.host.now)();
        let mut made = vec![];
        for picture in pictures {
            made.push(self.preprocess.views(picture));
            // A large one takes a while: whoever wants to stop is heard before anything is said of it.
            (self.host.pause)().await;
        }
        let mut stage = Taken::new("preprocess", [made.len(), count(&made)]);
        stage.ran((self.host.now)() - start, None);
        (made, stage.done())
    }

    /// [rows of all views, width of the language model], and what the two stages took that made them. `progress` counts
    /// views.
    pub async fn rows(&self, pictures: &[Views], progress: Progress<'_>) -> Result<(Vec<f32>, [Measured; 2]), Error> {
        let (count, [seen, _]) = (count(pictures), self.encoder.shape());
        let cells = self.encoder.sizes.grid(self.encoder.look().image).rows();
        let mut stages = [
            Taken::new("vision", [count * cells, count * seen]),
            Taken::new("project", [count * seen, count * self.projection.tokens]),
        ];
        let mut rows = vec![];
        for (done, view) in pictures.iter().flat_map(|p| &p.views).enumerate() {
            progress(done as u64, count as u64);
            rows.extend_from_slice(&self.one(view, &mut stages).await?);
        }
        progress(count as u64, count as u64);
        Ok((rows, stages.map(Taken::done)))
    }

    async fn one(&self, view: &View, stages: &mut [Taken; 2]) -> Result<Rc<Vec<f32>>, Error> {
        let image = self.encoder.look().image;
        if view.size != image {
            let (made, takes) =
                (format!("{}×{}", view.size.height, view.size.width), format!("{}×{}", image.height, image.width));
            let what = format!("the picture becomes one of {made}, the model takes {takes}");
            return Err(Error::new("image", what, "the preprocessor's configuration is of another model"));
        }
        let now = || (self.host.now)();
        let start = now();
        let [vision, project] = stages;
        let key = Key::of(bytemuck::cast_slice(&view.pixels)).then("project", "");
        let mut bill = None;
        let made = self
            .kept
            .stage(key, async || {
                let hidden = self.encoder.hidden(&view.pixels).await?;
                vision.ran(now() - start, (!hidden.reused).then(|| self.encoder.bill()));
                let start = now();
                let rows = self.projection.project(&[&hidden.values]).await?;
                bill = Some((now() - start, self.projection.bill));
                Ok(rows)
            })
            .await?;
        if let Some((ms, bill)) = bill {
            project.ran(ms, Some(bill));
        }
        Ok(made.values)
    }
}

/// Why a checkpoint is shown no pictures.
pub(crate) fn blind(checkpoint: &Checkpoint) -> Error {
    let known: Vec<_> = VLMS.iter().flat_map(|v| v.architectures).copied().collect();
    let what = format!("'{}' cannot see pictures", checkpoint.facts.architecture().unwrap_or("?"));
    Error::new("picture", what, format!("ask without one, or use one of {}", known.join(", ")))
}

/// Views of all pictures.
fn count(pictures: &[Views]) -> usize {
    pictures.iter().map(|p| p.views.len()).sum()
}

/// As the files of a checkpoint say, and what the official code knows besides.
pub(crate) fn preprocess(checkpoint: &Checkpoint, parts: &Parts) -> Result<Preprocess, Error> {
    let Some(beside) = parts.beside else { return Preprocess::of(checkpoint) };
    let said = ["preprocessor_config.json", "processor_config.json"].iter().any(|name| checkpoint.file(name).is_some());
    let mut made = match said {
        true => Preprocess::of(checkpoint)?,
        false => {
            let Grid { height, width } = parts.vision.sizes.image;
            let size = serde_json::json!({"shortest_edge": height.min(width)});
            let crop = serde_json::json!({"height": height, "width": width});
            let class = beside.processor;
            Preprocess::read(&serde_json::json!({"image_processor_type": class, "size": size, "crop_size": crop}))?
        }
    };
    if beside.padded {
        made.pad = Some(made.mean.map(|mean| (mean * 255.0) as u8));
    }
    Ok(made)
}
