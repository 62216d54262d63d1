//! `squint estimate`: what a run would cost, from a model's published sizes. Nothing is downloaded or computed.

use serde_json::{Value, json};
use squint_engine::estimate::{Question, estimate};
use squint_engine::wishes;
use squint_ops::{Error, Kind};

#[derive(clap::Args)]
pub struct Args {
    /// A published model by name
    #[arg(long)]
    model: String,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 64)]
    prompt_tokens: usize,
    /// Tokens of the answer
    #[arg(long = "gen", default_value_t = 32)]
    answer: usize,
    /// Tokens the caches have room for
    #[arg(long, default_value_t = 1024)]
    context: usize,
    /// Edge of the picture that a vision encoder is shown, in pixels; without it, its own
    #[arg(long)]
    resolution: Option<usize>,
    /// Rows of a vision encoder after so many layers; negative numbers count from the last one
    #[arg(long, allow_negative_numbers = true)]
    layer: Option<i64>,
    /// Formats of weights and caches; without it, language=q4_0,vision=q8_0,kv=f16
    #[arg(long, default_value = "")]
    quant: String,
    /// Print exactly one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let asked = wishes(&args.quant, &["language", "kv", "vision"])?;
    let question = Question {
        prompt: args.prompt_tokens,
        answer: args.answer,
        context: args.context,
        weights: asked[0].unwrap_or(Kind::Q4_0),
        cache: asked[1].unwrap_or(Kind::F16),
        vision: asked[2].unwrap_or(Kind::Q8_0),
        resolution: args.resolution,
        layer: args.layer,
    };
    let bill = estimate(&args.model, question)?;
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
        crate::say(&json!({"model": args.model, "stages": stages, "weight_bytes": bill.weight_bytes, "kv_bytes": bill.kv_bytes,
                "peak_bytes": bill.peak_bytes}).to_string());
        return Ok(());
    }
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
