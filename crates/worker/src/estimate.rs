//! What is to be known of a model before it is downloaded, and what a run of it would cost.

use crate::blob::BlobSource;
use crate::tell::send;
use squint_engine::about::about;
use squint_engine::estimate::{self as engine, Directory, Of, Question, With};
use squint_engine::picture::{Cut, Showing};
use squint_engine::{Error, Grid, Join, Kept, Wanted};
use squint_protocol::{CostRow, Estimate, Estimated, News};
use squint_weights::{Source, checkpoint::whole};

type Files = Vec<(String, web_sys::Blob)>;

pub async fn estimate(run: u32, wish: Estimate, [files, beside]: [Files; 2]) -> Result<(), Error> {
    let (one, two) = (directory(files).await?, directory(beside).await?);
    let edge = |n: Option<u32>| n.map(|n| n as usize);
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let (join, of) = (Join::read(&wish.join)?, of(&wish.with, &two));
    let with =
        (two.is_some() || !wish.with.is_empty()).then_some(With { of, resolution: edge(wish.with_resolution), join });
    let wanted = Wanted {
        showing: Showing { resolution: edge(wish.resolution), whole: wish.whole },
        cut: said(&wish.cut).as_deref().map(Cut::read).transpose()?,
        hidden: wish.hidden,
        layer: wish.layer.map(i64::from),
        patches: wish.patches,
        ..Wanted::default()
    };
    let question = Question {
        prompt: wish.prompt_tokens as usize,
        answer: wish.max_tokens as usize,
        context: edge(wish.context),
        file: said(&wish.file).as_deref().map(engine::file).transpose()?,
        quant: &wish.quant,
        backend: &wish.backend,
        wanted,
        picture: wish.size.map(|[height, width]| Grid { height: height as usize, width: width as usize }),
        with,
        views: edge(wish.views),
        before: wish.before as usize,
    };
    let bill = engine::estimate(self::of(&wish.model, &one), question)?;
    let row = |s: &engine::Stage| CostRow {
        name: s.name.into(),
        tokens_in: s.tokens_in as u32,
        tokens_out: s.tokens_out as u32,
        flops: s.flops as f64,
        bytes: s.bytes as f64,
        dispatches: s.dispatches as u32,
    };
    let estimated = Estimated {
        about: about(&wish.model),
        with: about(&wish.with),
        stages: bill.stages.iter().map(row).collect(),
        weight_bytes: bill.weight_bytes as f64,
        kv_bytes: bill.kv_bytes as f64,
        peak_bytes: bill.peak_bytes as f64,
        file: bill.file.name.into(),
        notes: bill.unpacked.iter().map(Kept::to_string).collect(),
    };
    send(run, News::Estimated(estimated.into()));
    Ok(())
}

fn of<'a>(name: &'a str, directory: &'a Option<Directory>) -> Of<'a> {
    directory.as_ref().map_or(Of::Published(name), Directory::of)
}

/// What a directory's small files say; none where no file came.
async fn directory(files: Files) -> Result<Option<Directory>, Error> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut beside = vec![];
    let mut config = None;
    for (name, blob) in files {
        let source = BlobSource::new(name.clone(), blob);
        match name.as_str() {
            "config.json" => config = Some(source),
            "preprocessor_config.json" | "processor_config.json" => beside.push((name, whole(&source).await?)),
            _ => {}
        }
    }
    let config = config.ok_or_else(|| {
        Error::new("missing", "there is no config.json", "give the files of a directory, or a published name")
    })?;
    let file = |name: &str| beside.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes.clone());
    Directory::read(&config as &dyn Source, &file).await.map(Some)
}
