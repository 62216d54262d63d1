//! `squint features`: what a vision encoder makes of a picture, for people who compare engines.

use crate::bar::Bar;
use crate::open::{How, unpacked};
use crate::picture::{self, Shows};
use serde_json::json;
use squint_engine::picture::{Preprocess, heat};
use squint_engine::{Encoder, Look};
use squint_ops::Error;
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
}

/// Rows and numbers of a row that are shown to people.
const SHOWN: usize = 8;

pub async fn run(args: Args) -> Result<(), Error> {
    let checkpoint = args.how.which.checkpoint().await?;
    let preprocess = Preprocess::of(&checkpoint)?.showing(args.shown.showing())?;
    let views = preprocess.views(&picture::open(&args.image).await?);
    let found = Encoder::find(&checkpoint)?;
    let [view] = &views.views[..] else {
        let what = format!("'{}' becomes {} views", args.image.display(), views.views.len());
        return Err(Error::new("image", what, "features are of one view: show it --whole, or use a smaller picture"));
    };
    if view.size != found.sizes.image && !found.family.any_size && args.shown.resolution.is_none() {
        let (made, takes) = (view.size, found.sizes.image);
        let (made, takes) = (format!("{}×{}", made.height, made.width), format!("{}×{}", takes.height, takes.width));
        let what = format!("the preprocessor's configuration makes pictures of {made}, the model takes {takes}");
        let hint = "the two files are of different models: get the directory again, or ask for a --resolution";
        return Err(Error::new("image", what, hint));
    }
    let layer = args.layer.map(|number| found.sizes.layer(number)).transpose()?;
    let rows = args.hidden || layer.is_some() || args.patches || args.head.is_some();
    let look = Look { image: view.size, layer, patches: args.patches, heads: !rows };
    let encoder = args.how.encoder(&checkpoint, (found, look)).await?;
    let head = match &args.head {
        Some(name) => Some(args.how.head(&encoder, &checkpoint, (name, view.size)).await?),
        None => None,
    };
    let bar = Bar::waiting("looking");
    let (shape, values) = if let Some(head) = head {
        let map = head.map(&encoder.hidden(&view.pixels).await?.values).await?;
        if let Some(path) = &args.png {
            write(path, &heat(&preprocess.shown(view), &map)?)?;
        }
        (vec![view.size.height, view.size.width], Rc::new(map))
    } else if args.pooled {
        let row = encoder.pooled(&view.pixels).await?;
        (vec![row.values.len()], row.values)
    } else if encoder.has_scores() {
        (vec![encoder.sizes.classes], encoder.logits(&view.pixels).await?.values)
    } else {
        (encoder.shape().to_vec(), encoder.hidden(&view.pixels).await?.values)
    };
    drop(bar);
    if args.how.json {
        crate::say(
            &json!({"shape": shape, "values": values.as_slice(),
            "peak_bytes": encoder.backend.ledger().most(), "unpacked": unpacked(&encoder.unpacked)})
            .to_string(),
        );
        return Ok(());
    }
    crate::say(&format!("shape  {shape:?}"));
    let width = shape[shape.len() - 1];
    for (i, row) in values.chunks_exact(width).take(SHOWN).enumerate() {
        let numbers: Vec<String> = row.iter().take(SHOWN).map(|v| format!("{v:9.4}")).collect();
        crate::say(&format!("{i:5}  {}{}", numbers.join(" "), if width > SHOWN { " …" } else { "" }));
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|e| {
        let what = format!("'{}' cannot be written: {e}", path.display());
        Error::new("file", what, "choose another place")
    })
}
