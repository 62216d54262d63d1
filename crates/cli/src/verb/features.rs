//! `squint features`: what a vision encoder makes of a picture, for people who compare engines.

use crate::bar::Bar;
use crate::open::{How, Which, unpacked};
use crate::picture::{self, Shows};
use crate::stages;
use serde_json::json;
use squint_engine::answer::Measured;
use squint_engine::estimate::Stage;
use squint_engine::picture::{Cut, Picture, Preprocess, Showing, View, heat};
use squint_engine::{Encoder, Found, Host, Join, Kept, Look, Pair, glance};
use squint_ops::{Bill, Error, Grid};
use squint_weights::Checkpoint;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub how: How,
    /// A PNG, JPEG, WebP, GIF or BMP file
    #[arg(long)]
    image: PathBuf,
    /// The rows before its head, where a model is a classifier
    #[arg(long)]
    hidden: bool,
    /// The one row that stands for the picture
    #[arg(long, conflicts_with_all = ["hidden", "layer", "patches"])]
    pooled: bool,
    /// The rows after so many layers, as `hidden_states` counts: 0 is what goes into the first, -1 what the last one makes
    #[arg(long, allow_negative_numbers = true)]
    layer: Option<i64>,
    /// Rows of patches only
    #[arg(long)]
    patches: bool,
    /// A head's map over the picture, [height, width] from 0 to 1: saliency
    #[arg(long, conflicts_with_all = ["hidden", "layer", "patches", "pooled"])]
    head: Option<String>,
    /// Draw the map beside the picture into this file
    #[arg(long, requires = "head")]
    png: Option<PathBuf>,
    #[command(flatten)]
    shown: Shows,
    /// Cut the picture, and look at every part: uhd (LLaVA-UHD's slices), s2 (S2's scales, rows of patches side by side) or
    /// 4khd (InternLM-XComposer2-4KHD's squares); uhd=9 says how many at most, s2=3 how many scales. Parts are as large as
    /// the picture would be, so --resolution counts for each
    #[arg(long, conflicts_with_all = ["head", "pooled", "whole", "with"])]
    cut: Option<String>,
    /// A second encoder that looks at the same picture: a name, a directory or a file, as --model takes
    #[arg(long, conflicts_with_all = ["head", "pooled"])]
    with: Option<String>,
    /// Edge of what the second encoder is shown, where it is not as its own files say
    #[arg(long, requires = "with")]
    with_resolution: Option<usize>,
    /// How two encoders' rows are joined: channels (beside each other) or rows (under each other)
    #[arg(long, requires = "with", default_value = "channels", value_parser = ["channels", "rows"])]
    join: String,
}

/// Rows and numbers of a row that are shown to people.
const SHOWN: usize = 8;

/// What came of it.
struct Made {
    shape: Vec<usize>,
    values: Rc<Vec<f32>>,
    /// Sizes of what was looked at.
    views: Vec<Grid>,
    vision: Measured,
    held: u64,
    kept: Vec<Kept>,
}

pub async fn run(args: Args) -> Result<(), Error> {
    // Before anything is read.
    let cut = args.cut.as_deref().map(Cut::read).transpose()?;
    let checkpoint = args.how.which.checkpoint().await?;
    let picture = picture::open(&args.image).await?;
    let made = match (cut, &args.with) {
        (Some(cut), _) => args.cut(&checkpoint, &picture, cut).await?,
        (None, Some(with)) => {
            let other = Which { model: Some(with.clone()), mmproj: None }.checkpoint().await?;
            args.pair([&checkpoint, &other], &picture).await?
        }
        (None, None) => args.one(&checkpoint, &picture).await?,
    };
    let Made { shape, values, views, vision, held, kept } = made;
    if args.how.json {
        let views: Vec<[usize; 2]> = views.iter().map(|v| [v.height, v.width]).collect();
        let said = json!({"shape": shape, "values": values.as_slice(), "views": views, "stages": stages::json([&vision]),
            "peak_bytes": held, "unpacked": unpacked(&kept)});
        crate::say(&said.to_string());
        return Ok(());
    }
    crate::say(&format!("shape  {shape:?}"));
    let width = shape[shape.len() - 1];
    for (i, row) in values.chunks_exact(width).take(SHOWN).enumerate() {
        let numbers: Vec<String> = row.iter().take(SHOWN).map(|v| format!("{v:9.4}")).collect();
        crate::say(&format!("{i:5}  {}{}", numbers.join(" "), if width > SHOWN { " …" } else { "" }));
    }
    let Stage { flops, tokens_in, .. } = vision.stage;
    let (s, giga, mega) = (if views.len() == 1 { "" } else { "s" }, flops as f64 / 1e9, held as f64 / 1e6);
    let cost = format!("{giga:.2} GFLOP in {:.0} ms, {mega:.1} MB held", vision.ms);
    crate::say(&format!("cost   {} view{s} of {tokens_in} patches, {cost}", views.len()));
    Ok(())
}

impl Args {
    /// A picture as the processor beside a checkpoint makes it, and the encoder that is shown it.
    fn view(
        &self,
        checkpoint: &Checkpoint,
        picture: &Picture,
        how: Showing,
    ) -> Result<(Preprocess, View, Found, Look), Error> {
        let preprocess = Preprocess::of(checkpoint)?.showing(how)?;
        let mut views = preprocess.views(picture);
        let found = Encoder::find(checkpoint)?;
        let count = views.views.len();
        let (Some(view), 1) = (views.views.pop(), count) else {
            let what = format!("'{}' becomes {count} views", self.image.display());
            return Err(Error::new(
                "image",
                what,
                "features are of one view: show it --whole, or use a smaller picture",
            ));
        };
        if view.size != found.sizes.image && !found.family.any_size && how.resolution.is_none() {
            let (made, takes) = (view.size, found.sizes.image);
            let (made, takes) =
                (format!("{}×{}", made.height, made.width), format!("{}×{}", takes.height, takes.width));
            let what = format!("the preprocessor's configuration makes pictures of {made}, the model takes {takes}");
            let hint = "the two files are of different models: get the directory again, or ask for a --resolution";
            return Err(Error::new("image", what, hint));
        }
        let look = self.look(&found, view.size)?;
        Ok((preprocess, view, found, look))
    }

    fn look(&self, found: &Found, image: Grid) -> Result<Look, Error> {
        let layer = self.layer.map(|number| found.sizes.layer(number)).transpose()?;
        let rows = self.hidden || layer.is_some() || self.patches || self.head.is_some();
        Ok(Look { image, layer, patches: self.patches, heads: !rows })
    }

    async fn one(&self, checkpoint: &Checkpoint, picture: &Picture) -> Result<Made, Error> {
        let (preprocess, view, found, look) = self.view(checkpoint, picture, self.shown.showing())?;
        let encoder = self.how.encoder(checkpoint, (found, look)).await?;
        let head = match &self.head {
            Some(name) => Some(self.how.head(&encoder, checkpoint, (name, view.size)).await?),
            None => None,
        };
        let (bar, clock) = (Bar::waiting("looking"), Clock::start());
        let (shape, values) = if let Some(head) = head {
            let map = head.map(&encoder.hidden(&view.pixels).await?.values).await?;
            if let Some(path) = &self.png {
                write(path, &heat(&preprocess.shown(&view), &map)?)?;
            }
            (vec![view.size.height, view.size.width], Rc::new(map))
        } else if self.pooled {
            let row = encoder.pooled(&view.pixels).await?;
            (vec![row.values.len()], row.values)
        } else if encoder.has_scores() {
            (vec![encoder.sizes.classes], encoder.logits(&view.pixels).await?.values)
        } else {
            (encoder.shape().to_vec(), encoder.hidden(&view.pixels).await?.values)
        };
        drop(bar);
        let vision = clock.stage(&[(&encoder, encoder.bill())]);
        let (held, kept) = (encoder.backend.ledger().most(), encoder.unpacked.into_iter().collect());
        Ok(Made { shape, values, views: vec![view.size], vision, held, kept })
    }

    async fn cut(&self, checkpoint: &Checkpoint, picture: &Picture, cut: Cut) -> Result<Made, Error> {
        let found = Encoder::find(checkpoint)?;
        let preprocess = Preprocess::of(checkpoint)?.showing(self.shown.showing())?;
        let views = cut.views(&preprocess, picture, &found.sizes)?;
        let look = Look { heads: false, ..self.look(&found, views[0].size)? };
        let mut encoder = self.how.encoder(checkpoint, (found, look)).await?;
        let bar = Bar::counting("looking", views.len());
        let made = glance(&mut encoder, &Host::native(), cut, &views, &mut |done, all| bar.at(done, all)).await?;
        drop(bar);
        let (held, kept) = (encoder.backend.ledger().most(), encoder.unpacked.into_iter().collect());
        let (shape, views) = (made.shape.to_vec(), views.iter().map(|v| v.size).collect());
        Ok(Made { shape, values: Rc::new(made.values), views, vision: made.vision, held, kept })
    }

    async fn pair(&self, both: [&Checkpoint; 2], picture: &Picture) -> Result<Made, Error> {
        let shown = self.shown.showing();
        let then = Showing { resolution: self.with_resolution, ..shown };
        let [(_, view, found, look), (_, another, other, how)] =
            [self.view(both[0], picture, shown)?, self.view(both[1], picture, then)?];
        let rows = |look| Look { heads: false, ..look };
        let first = self.how.encoder(both[0], (found, rows(look))).await?;
        let second = self.how.encoder_on(first.backend.clone(), both[1], (other, rows(how))).await?;
        let join = if self.join == "rows" { Join::Rows } else { Join::Channels };
        let pair = Pair::new([first, second], join).await?;
        let (bar, clock) = (Bar::waiting("looking"), Clock::start());
        let values = pair.hidden([&view.pixels, &another.pixels]).await?;
        drop(bar);
        let [one, two] = &pair.encoders;
        let vision = clock.stage(&[(one, one.bill()), (two, two.bill())]);
        let held = one.backend.ledger().most();
        let kept = pair.encoders.iter().flat_map(|e| e.unpacked.clone()).collect();
        let (shape, views) = (pair.shape.to_vec(), vec![view.size, another.size]);
        Ok(Made { shape, values: Rc::new(values), views, vision, held, kept })
    }
}

/// What looking took.
struct Clock(std::time::Instant);

impl Clock {
    fn start() -> Clock {
        Clock(std::time::Instant::now())
    }

    fn stage(self, of: &[(&Encoder, Bill)]) -> Measured {
        let mut stage = Stage { name: "vision", ..Stage::default() };
        for (encoder, bill) in of {
            stage.add(bill);
            stage.tokens_in += encoder.sizes.grid(encoder.look().image).rows();
            stage.tokens_out += encoder.shape()[0];
        }
        Measured { stage, ms: self.0.elapsed().as_secs_f64() * 1e3, reused: false }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|e| {
        let what = format!("'{}' cannot be written: {e}", path.display());
        Error::new("file", what, "choose another place")
    })
}
