//! `squint estimate`: what a run would cost, from a model's published sizes. Nothing is downloaded or computed.

use crate::open::unpacked;
use serde_json::{Value, json};
use squint_engine::estimate::{Question, estimate, estimate_of};
use squint_engine::picture::Preprocess;
use squint_models::vlm::{self, Card};
use squint_models::{Licence, licence};
use squint_ops::{Error, Kind};
use squint_weights::{Facts, checkpoint, source::File};
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
    /// Edge of the picture that a vision encoder is shown, in pixels; without it, as a
    /// preprocessor's configuration says, or the encoder's own
    #[arg(long)]
    resolution: Option<usize>,
    /// Rows of a vision encoder after so many layers; negative numbers count from the last one
    #[arg(long, allow_negative_numbers = true)]
    layer: Option<i64>,
    /// Views that the picture becomes; without it as a square one does, and one of a directory
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

/// A format that a file can have matrices in.
fn weights(name: &str) -> Result<Kind, Error> {
    let kind = Kind::from_name(name)?;
    if kind == Kind::U32 {
        return Err(Error::new("kind", "no file has weights in u32", format!("it can be {}", Kind::of_weights())));
    }
    Ok(kind)
}

/// What a directory's configuration says, none where there is no such directory.
fn facts(model: &str) -> Result<Option<Facts>, Error> {
    let path = Path::new(model).join("config.json");
    if !path.exists() {
        return Ok(None);
    }
    let file = File::open(&path)?;
    Ok(Some(Facts::Hf(pollster::block_on(checkpoint::json(&file))?)))
}

/// The edge of the square that a directory's pictures become; none where it does not say so.
fn shown(model: &str) -> Result<Option<usize>, Error> {
    let preprocess = Preprocess::among(&|name| std::fs::read(Path::new(model).join(name)).ok())?;
    let size = preprocess.and_then(|preprocess| preprocess.size());
    Ok(size.filter(|size| size.height == size.width).map(|size| size.height))
}

pub fn run(args: Args) -> Result<(), Error> {
    let local = facts(&args.model)?;
    let shown = if local.is_some() { shown(&args.model)? } else { None };
    let file = args.file.as_deref().map(weights).transpose()?;
    let question = Question {
        prompt: args.prompt_tokens,
        answer: args.answer,
        context: args.context,
        file,
        quant: &args.quant,
        backend: &args.backend,
        views: args.views,
        before: args.before,
        resolution: args.resolution.or(shown),
        layer: args.layer,
    };
    // Whose a directory is, nobody knows.
    let name = local.is_none().then_some(args.model.as_str());
    let (card, licence) = (name.and_then(vlm::published), name.and_then(licence));
    // What is to be known of a model comes before what it costs, and before a refusal to say that.
    if !args.json {
        card.into_iter().flat_map(lines).for_each(|line| crate::say(&line));
        licence.iter().flat_map(granted).for_each(|line| crate::say(&line));
        local.iter().for_each(|_| crate::say("licence  not known: see where the directory is from"));
    }
    let bill = match local {
        Some(facts) => estimate_of(&facts, question)?,
        None => estimate(&args.model, question)?,
    };
    let stages: serde_json::Map<String, Value> = bill
        .stages
        .iter()
        .map(|s| {
            let row = json!({"flops": s.flops, "bytes": s.bytes, "dispatches": s.dispatches,
                "tokens_in": s.tokens_in, "tokens_out": s.tokens_out});
            (s.name.to_owned(), row)
        })
        .collect();
    if args.json {
        let (card, licence) = (card.map(told), licence.as_ref().map(terms));
        crate::say(
            &json!({"model": args.model, "card": card, "licence": licence, "stages": stages,
                "weight_bytes": bill.weight_bytes, "kv_bytes": bill.kv_bytes, "peak_bytes": bill.peak_bytes,
                "file": bill.file.name, "unpacked": unpacked(&bill.unpacked)})
            .to_string(),
        );
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

/// A card, for programs.
fn told(card: &Card) -> Value {
    json!({"parts": card.parts, "preprocess": card.preprocess, "template": card.template, "views": card.views,
        "tokens": card.tokens, "claims": card.claims, "source": card.source, "oracle": card.oracle,
        "licence": terms(&card.licence)})
}

fn terms(l: &Licence) -> Value {
    json!({"name": l.name, "permissive": l.permissive, "gated": l.gated, "link": l.link, "text": l.text, "note": l.note})
}

/// The same for people.
fn lines(card: &Card) -> Vec<String> {
    let [before, after] = card.tokens;
    vec![
        format!("parts    {}", card.parts.join("; ")),
        format!("pictures {}: {} views of {before} rows, {after} after the projector", card.preprocess, card.views),
        format!("prompt   {}", card.template),
        format!("claims   {} ({})", card.claims, card.source),
        format!("held to  {}", card.oracle),
    ]
}

fn granted(l: &Licence) -> Vec<String> {
    let allowed = if l.permissive { "any use" } else { "some uses are excluded" };
    let had = if l.gated { "after signing in" } else { "without signing in" };
    let mut lines = vec![format!("licence  {}: {allowed}, {had}: {}", l.name, l.link), format!("terms    {}", l.text)];
    lines.extend(Some(l.note).filter(|note| !note.is_empty()).map(|note| format!("besides  {note}")));
    lines
}
