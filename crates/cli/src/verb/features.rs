//! `squint features`: what a vision encoder makes of a picture, for people who compare engines.

use crate::bar::Bar;
use crate::open::{How, Which, unpacked};
use crate::picture::{self, Shows};
use crate::stages;
use serde_json::json;
use squint_engine::picture::{Cut, Picture, Showing, heat};
use squint_engine::{Encoder, Glance, Host, Join, Kept, Wanted, glance, together};
use squint_ops::Error;
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
    /// Cut the picture, and look at every part: uhd (LLaVA-UHD's slices), s2 (S2's scales, row beside row) or
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
    #[arg(long, requires = "with", default_value = "channels")]
    join: String,
}

/// Rows and numbers of a row that are shown to people.
const SHOWN: usize = 8;

/// What came of it, what was held meanwhile, and matrices that are not as was asked.
type Made = (Glance, u64, Vec<Kept>);

pub async fn run(args: Args) -> Result<(), Error> {
    // Before anything is read.
    let cut = args.cut.as_deref().map(Cut::read).transpose()?;
    let join = Join::read(&args.join)?;
    let checkpoint = args.how.which.checkpoint().await?;
    let picture = picture::open(&args.image).await?;
    let (glance, held, kept) = match &args.with {
        Some(with) => {
            let other = Which { model: Some(with.clone()), mmproj: None }.checkpoint().await?;
            args.pair([&checkpoint, &other], &picture, join).await?
        }
        None => args.one(&checkpoint, &picture, cut).await?,
    };
    let Glance { shape, values, views, stages } = glance;
    if args.how.json {
        let views: Vec<[usize; 2]> = views.iter().map(|v| [v.height, v.width]).collect();
        let said = json!({"shape": shape, "values": values.as_slice(), "views": views, "stages": stages::json(&stages),
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
    let (s, mega) = (if views.len() == 1 { "" } else { "s" }, held as f64 / 1e6);
    for seen in stages.iter().filter(|s| s.stage.name == "vision") {
        let (giga, patches) = (seen.stage.flops as f64 / 1e9, seen.stage.tokens_in);
        let cost = format!("{giga:.2} GFLOP in {:.0} ms, {mega:.1} MB held", seen.ms);
        crate::say(&format!("cost   {} view{s} of {patches} patches, {cost}", views.len()));
    }
    Ok(())
}

impl Args {
    fn wanted(&self) -> Wanted {
        let Args { pooled, layer, patches, .. } = *self;
        let hidden = self.hidden || self.head.is_some() || self.with.is_some();
        Wanted { showing: self.shown.showing(), cut: None, hidden, pooled, layer, patches }
    }

    async fn one(&self, checkpoint: &Checkpoint, picture: &Picture, cut: Option<Cut>) -> Result<Made, Error> {
        let (found, host) = (Encoder::find(checkpoint)?, Host::native());
        let wanted = Wanted { cut, ..self.wanted() };
        let plan = wanted.plan(checkpoint, (found.family, &found.sizes), picture, &host).await?;
        let mut encoder = self.how.encoder(checkpoint, (found, plan.look)).await?;
        let head = match &self.head {
            Some(name) => Some(self.how.head(&encoder, checkpoint, (name, plan.look.image)).await?),
            None => None,
        };
        let bar = looking(plan.views.len());
        let mut seen = glance(&mut encoder, &host, &plan, &mut |done, all| bar.at(done, all)).await?;
        if let Some(head) = head {
            let map = head.map(&seen.values).await?;
            if let Some(path) = &self.png {
                write(path, &heat(&plan.views[0], &map)?)?;
            }
            (seen.shape, seen.values) = (vec![plan.look.image.height, plan.look.image.width], Rc::new(map));
        }
        drop(bar);
        Ok((seen, encoder.backend.ledger().most(), encoder.unpacked.into_iter().collect()))
    }

    async fn pair(&self, both: [&Checkpoint; 2], picture: &Picture, join: Join) -> Result<Made, Error> {
        let (wanted, host) = (self.wanted(), Host::native());
        let [one, two] = [Encoder::find(both[0])?, Encoder::find(both[1])?];
        let plan = wanted.plan(both[0], (one.family, &one.sizes), picture, &host).await?;
        let showing = Showing { resolution: self.with_resolution, ..wanted.showing };
        let wanted = Wanted { showing, ..wanted };
        let then = wanted.plan(both[1], (two.family, &two.sizes), picture, &host).await?;
        let mut first = self.how.encoder(both[0], (one, plan.look)).await?;
        let mut second = self.how.encoder_on(first.backend.clone(), both[1], (two, then.look)).await?;
        let bar = looking(2);
        let (plans, mut told) = (([&plan, &then], join), |done, all| bar.at(done, all));
        let seen = together([&mut first, &mut second], &host, plans, &mut told).await?;
        drop(bar);
        let kept = [first.unpacked, second.unpacked].into_iter().flatten().collect();
        Ok((seen, first.backend.ledger().most(), kept))
    }
}

fn looking(views: usize) -> Bar {
    if views == 1 { Bar::waiting("looking") } else { Bar::counting("looking", views) }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|e| {
        let what = format!("'{}' cannot be written: {e}", path.display());
        Error::new("file", what, "choose another place")
    })
}
