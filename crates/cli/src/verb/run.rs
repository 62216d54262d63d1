//! `squint run`: a question in, an answer out, streamed.

use crate::open::{How, Shown, unpacked};
use crate::say::stream;
use serde_json::{Value, json};
use squint_engine::answer::{Heard, Question, answer};
use squint_engine::text::{Message, Part};
use squint_engine::{Choice, Marks, Prompt, Words};
use squint_ops::{Error, op::Sampling};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub how: How,
    /// The question
    #[arg(long)]
    prompt: String,
    /// A PNG, JPEG, WebP, GIF or BMP file to ask about; may be given several times
    #[arg(long)]
    image: Vec<PathBuf>,
    /// What the model is told to be, before the question
    #[arg(long)]
    system: Option<String>,
    /// Give the prompt as it is, without the model's chat template
    #[arg(long)]
    raw: bool,
    /// Tokens of answer at most
    #[arg(long, default_value_t = 128)]
    max_tokens: usize,
    /// 0 is always the likeliest token
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,
    /// Draw from this many likeliest; 0 is all
    #[arg(long, default_value_t = 0)]
    top_k: u32,
    /// Draw from the likeliest that together have this probability
    #[arg(long, default_value_t = 1.0)]
    top_p: f32,
    /// Leave out tokens with less than this share of the likeliest one's probability
    #[arg(long, default_value_t = 0.0)]
    min_p: f32,
    /// Make recent tokens less likely; 1 is not at all
    #[arg(long, default_value_t = 1.0)]
    repeat_penalty: f32,
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// A text that ends the answer; may be given several times
    #[arg(long)]
    stop: Vec<String>,
}

pub async fn run(args: Args) -> Result<(), Error> {
    let mut session = args.how.session().await?;
    let words = Words::of(&session.model.checkpoint)?;
    let Shown { numbers, seen, unpacked: kept } = args.how.show(&mut session, &args.image).await?;
    let marks = Marks::of(&session.model.checkpoint)?;
    let prompt = if args.raw {
        Prompt::Raw(args.prompt)
    } else {
        let sees = marks.is_some().then_some(args.image.len());
        let system = args.system.iter().map(|s| said("system", s, sees.map(|_| 0)));
        Prompt::Chat(system.chain([said("user", &args.prompt, sees)]).collect())
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |t| t.as_secs());
    let how = Sampling {
        temperature: args.temperature,
        top_k: args.top_k,
        top_p: args.top_p,
        min_p: args.min_p,
        penalty: args.repeat_penalty,
    };
    let (now, room) = (Some(now as i64), session.room());
    let ids = match &marks {
        Some(marks) => marks.placed(&marks.ids(&words, &prompt, &seen.pictures, now, room)?, numbers)?,
        None => words.ids(&prompt, now, room)?,
    };
    let question =
        Question { prompt: ids, most: args.max_tokens, choice: Choice { how, seed: args.seed }, stops: args.stop };
    let quiet = args.how.json;
    let around = args.how.around()?;
    let done = answer(&mut session, &words.tokenizer, &around, &question, |heard| {
        if let (Heard::Token { text, .. }, false) = (heard, quiet) {
            stream(text);
        }
    })
    .await?;
    let m = done.meter;
    let seeing: f64 = seen.stages.iter().map(|s| s.ms).sum();
    if quiet {
        let stages: serde_json::Map<String, Value> = seen
            .stages
            .iter()
            .chain(&done.stages)
            .map(|s| {
                let row = json!({"ms": s.ms, "tokens_in": s.stage.tokens_in, "tokens_out": s.stage.tokens_out,
                    "flops": s.stage.flops, "bytes": s.stage.bytes, "reused": s.reused});
                (s.stage.name.to_owned(), row)
            })
            .collect();
        let caps = session.model.backend.caps();
        let meter = json!({"prompt_tokens": m.prompt_tokens, "reused_tokens": m.reused_tokens, "prompt_ms": m.prompt_ms,
            "vision_ms": seeing, "ttft_ms": seeing + m.ttft_ms, "generated_tokens": m.generated_tokens, "decode_ms": m.decode_ms,
            "backend": caps.name, "device": caps.device, "threads": caps.threads});
        crate::say(
            &json!({"text": done.text, "ids": done.ids, "reason": done.reason.name(), "stages": stages,
            "meter": meter, "unpacked": unpacked(&kept)})
            .to_string(),
        );
        return Ok(());
    }
    crate::say("");
    let rate = |n: usize, ms: f64| n as f64 / ms.max(1e-3) * 1e3;
    eprintln!(
        "{} prompt tokens at {:.1}/s, {} answer tokens at {:.1}/s ({})",
        m.prompt_tokens,
        rate(m.prompt_tokens - m.reused_tokens, m.prompt_ms),
        m.generated_tokens,
        // The first one came with the prompt.
        rate(m.generated_tokens.saturating_sub(1), m.decode_ms),
        done.reason.name()
    );
    Ok(())
}

/// A message. Templates of models that see are written for parts: so many pictures, then the text.
fn said(role: &str, text: &str, pictures: Option<usize>) -> Message {
    let Some(pictures) = pictures else { return Message::text(role, text) };
    let mut parts = vec![Part::Image; pictures];
    parts.push(Part::Text { text: text.into() });
    Message::parts(role, parts)
}
