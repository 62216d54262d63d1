//! `squint estimate`: what a run would cost, from a model's published sizes. Nothing is downloaded or computed.

use crate::open::unpacked;
use serde_json::{Map, Value, json};
use squint_engine::about::{About, ModelCard, Terms, about};
use squint_engine::estimate::{self, Directory, Of, Question, With};
use squint_engine::picture::{Cut, Showing};
use squint_engine::{Join, Wanted};
use squint_ops::{Error, Grid};
use squint_weights::source::File;
use std::path::Path;

#[derive(clap::Args)]
pub struct Args {
    /// A published model by name, or a directory with a config.json; its weights are not read
    #[arg(long)]
    model: String,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 64)]
    prompt_tokens: usize,
    /// Tokens of the answer
    #[arg(long = "gen", default_value_t = 32)]
    answer: usize,
    /// Tokens of prompt and answer together; 1024, or the model's most where that is less
    #[arg(long)]
    context: Option<usize>,
    /// Edge of the picture that a vision encoder is shown, in pixels, or of the longer side before a picture is cut
    /// into tiles; without it, as a preprocessor's configuration says, or the encoder's own
    #[arg(long)]
    resolution: Option<usize>,
    /// All of a picture at once, where the model would cut it into tiles
    #[arg(long, conflicts_with = "cut")]
    whole: bool,
    /// Rows of a vision encoder after so many layers; negative numbers count from the last one
    #[arg(long, allow_negative_numbers = true)]
    layer: Option<i64>,
    /// Rows of an encoder, where it is a classifier
    #[arg(long)]
    hidden: bool,
    /// Rows of an encoder's patches only
    #[arg(long)]
    patches: bool,
    /// A picture that an encoder looks at in parts, as features takes it: uhd, s2 or 4khd
    #[arg(long, conflicts_with = "with")]
    cut: Option<String>,
    /// Width and height of that picture, or of one that the model cuts into tiles, as 640x480; without it, one that
    /// becomes as many parts as it may, or a square one
    #[arg(long)]
    picture: Option<String>,
    /// A second encoder that looks at it: a published name, or a directory with a config.json
    #[arg(long)]
    with: Option<String>,
    /// Edge of what the second one is shown
    #[arg(long, requires = "with")]
    with_resolution: Option<usize>,
    /// How two encoders' rows are joined: channels or rows
    #[arg(long, requires = "with", default_value = "channels")]
    join: String,
    /// Views that pictures become, where there are several; without it, those of that one
    #[arg(long)]
    views: Option<usize>,
    /// Tokens of the prompt that stand before the picture: a template may have many
    #[arg(long, default_value_t = 0)]
    before: usize,
    /// Which one lays out what is held: auto and cpu, gpu or reference
    #[arg(long, default_value = "auto")]
    backend: String,
    /// Format of the file's matrices; without it as a config.json says, or as models are published: bf16 of language models, f32
    /// of encoders
    #[arg(long)]
    file: Option<String>,
    /// Formats to convert to at load, as a run is asked: language=q4_0, kv=f32, vision=q8_0; without it, those of the file
    /// and kv=f16
    #[arg(long, default_value = "")]
    quant: String,
    /// Print exactly one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What a directory says before its weights, none where there is no such directory.
fn directory(model: &str) -> Result<Option<Directory>, Error> {
    let path = Path::new(model).join("config.json");
    if !path.exists() {
        return Ok(None);
    }
    let beside = |name: &str| std::fs::read(Path::new(model).join(name)).ok();
    pollster::block_on(Directory::read(&File::open(&path)?, &beside)).map(Some)
}

/// A model by name, or the directory that its name stands for.
fn of<'a>(name: &'a str, directory: &'a Option<Directory>) -> Of<'a> {
    directory.as_ref().map_or(Of::Published(name), Directory::of)
}

/// `640x480`: width and height.
fn size(text: &str) -> Result<Grid, Error> {
    let edges = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    edges.map(|(width, height)| Grid { height, width }).ok_or_else(|| {
        Error::new("picture", format!("'{text}' is no size of a picture"), "write its width and height, as 640x480")
    })
}

pub fn run(args: Args) -> Result<(), Error> {
    let local = directory(&args.model)?;
    let beside = args.with.as_deref().map(directory).transpose()?.flatten();
    let join = Join::read(&args.join)?;
    let with = args.with.as_deref().map(|name| With { of: of(name, &beside), resolution: args.with_resolution, join });
    let wanted = Wanted {
        showing: Showing { resolution: args.resolution, whole: args.whole },
        cut: args.cut.as_deref().map(Cut::read).transpose()?,
        hidden: args.hidden,
        layer: args.layer,
        patches: args.patches,
        ..Wanted::default()
    };
    let question = Question {
        prompt: args.prompt_tokens,
        answer: args.answer,
        context: args.context,
        file: args.file.as_deref().map(estimate::file).transpose()?,
        quant: &args.quant,
        backend: &args.backend,
        wanted,
        picture: args.picture.as_deref().map(size).transpose()?,
        with,
        views: args.views,
        before: args.before,
    };
    // Whose a directory is, nobody knows.
    let known = |name: &str, local: &Option<Directory>| if local.is_some() { About::default() } else { about(name) };
    let first = known(&args.model, &local);
    let second = args.with.as_deref().map(|name| known(name, &beside));
    // What is to be known of a model comes before what it costs, and before a refusal to say that.
    if !args.json {
        first.card.iter().flat_map(lines).for_each(|line| crate::say(&line));
        for (about, local) in [(Some(&first), &local), (second.as_ref(), &beside)] {
            about
                .and_then(|about| about.licence.as_ref())
                .iter()
                .flat_map(|l| granted(l))
                .for_each(|line| crate::say(&line));
            local.iter().for_each(|_| crate::say("licence  not known: see where the directory is from"));
        }
    }
    let bill = estimate::estimate(of(&args.model, &local), question)?;
    let stages: Map<String, Value> = bill
        .stages
        .iter()
        .map(|s| {
            let row = json!({"flops": s.flops, "bytes": s.bytes, "dispatches": s.dispatches,
                "tokens_in": s.tokens_in, "tokens_out": s.tokens_out});
            (s.name.to_owned(), row)
        })
        .collect();
    if args.json {
        let mut said = json!({"model": args.model, "card": first.card, "licence": first.licence, "stages": stages,
            "weight_bytes": bill.weight_bytes, "kv_bytes": bill.kv_bytes, "peak_bytes": bill.peak_bytes,
            "file": bill.file.name, "unpacked": unpacked(&bill.unpacked)});
        if let Some(second) = second {
            said["with"] = json!({"model": args.with, "licence": second.licence});
        }
        crate::say(&said.to_string());
        return Ok(());
    }
    crate::say(&format!("a file in {} is assumed", bill.file.name));
    bill.unpacked.iter().for_each(|kept| crate::say(&kept.to_string()));
    for s in &bill.stages {
        crate::say(&format!(
            "{:8} {:>12.3} GFLOP  {:>10.1} MB touched",
            s.name,
            s.flops as f64 / 1e9,
            s.bytes as f64 / 1e6
        ));
    }
    crate::say(&format!("weights  {:>12.1} MB", bill.weight_bytes as f64 / 1e6));
    crate::say(&format!("caches   {:>12.1} MB", bill.kv_bytes as f64 / 1e6));
    crate::say(&format!("peak     {:>12.1} MB", bill.peak_bytes as f64 / 1e6));
    Ok(())
}

/// A card, for people.
fn lines(card: &ModelCard) -> Vec<String> {
    vec![
        format!("parts    {}", card.parts.join("; ")),
        format!("pictures {}", card.pictures()),
        format!("prompt   {}", card.template),
        format!("claims   {} ({})", card.claims, card.source),
        format!("held to  {}", card.oracle),
    ]
}

fn granted(l: &Terms) -> Vec<String> {
    let mut lines = vec![format!("licence  {l}: {}", l.link), format!("terms    {}", l.text)];
    lines.extend(Some(&l.note).filter(|note| !note.is_empty()).map(|note| format!("besides  {note}")));
    lines
}
