//! `squint run`: a question in, an answer out, streamed.

use crate::open::{How, Shown, unpacked};
use crate::picture::Shows;
use crate::say::stream;
use crate::{process, stages};
use serde_json::json;
use squint_engine::answer::Heard;
use squint_engine::talk::Say;
use squint_engine::{Choice, Prompt, Talk};
use squint_ops::{Error, Sampling};
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
    #[command(flatten)]
    shown: Shows,
    /// What the model is told to be, before the question
    #[arg(long)]
    system: Option<String>,
    /// Give the prompt as it is, without the model's chat template
    #[arg(long, conflicts_with = "system")]
    raw: bool,
    /// Tokens of answer at most
    #[arg(long, default_value_t = 128)]
    max_tokens: usize,
    /// 0 is always the likeliest token
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    temperature: f32,
    /// Draw from this many likeliest; 0 is all
    #[arg(long, default_value_t = 0)]
    top_k: u32,
    /// Draw from the likeliest that together have this probability
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    top_p: f32,
    /// Leave out tokens with less than this share of the likeliest one's probability
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    min_p: f32,
    /// Make recent tokens less likely; 1 is not at all
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    repeat_penalty: f32,
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// A text that ends the answer; may be given several times
    #[arg(long)]
    stop: Vec<String>,
}

impl Args {
    fn choice(&self) -> Choice {
        let how = Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            penalty: self.repeat_penalty,
        };
        Choice { how, seed: self.seed }
    }
}

pub async fn run(args: Args) -> Result<(), Error> {
    // Before anything is read: a large model takes minutes.
    let choice = args.choice();
    choice.check()?;
    let showing = args.shown.showing();
    let mut talk = Talk::of(args.how.session().await?, showing)?;
    let shown = args.how.show(&mut talk.session, (&args.image, showing)).await?;
    let Shown { numbers, seen, unpacked: kept, sight: _sight } = shown;
    let prompt = if args.raw {
        Prompt::Raw(args.prompt)
    } else {
        let system = args.system.iter().map(|s| talk.message("system", s, 0));
        Prompt::Chat(system.chain([talk.message("user", &args.prompt, args.image.len())]).collect())
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |t| t.as_secs());
    let say = Say { prompt, now: Some(now as i64), most: args.max_tokens, choice, stops: args.stop };
    let (quiet, around) = (args.how.json, args.how.around()?);
    let answer = talk.answer(&around, say, numbers, &seen.pictures, |heard| {
        if let (Heard::Token { text, .. }, false) = (heard, quiet) {
            stream(text);
        }
    });
    let done = answer.await?;
    let m = done.meter;
    let seeing = seen.stages.iter().fold(0.0, |sum, s| sum + s.ms);
    let held = talk.session.model.backend.ledger().most();
    if quiet {
        let stages = stages::json(seen.stages.iter().chain(&done.stages));
        let caps = talk.session.model.backend.caps();
        let meter = json!({"prompt_tokens": m.prompt_tokens, "reused_tokens": m.reused_tokens, "prompt_ms": m.prompt_ms,
            "vision_ms": seeing, "ttft_ms": seeing + m.ttft_ms, "generated_tokens": m.generated_tokens, "decode_ms": m.decode_ms,
            "peak_bytes": held, "process_bytes": process::peak(), "backend": caps.name, "device": caps.device, "threads": caps.threads});
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
        "{} prompt tokens at {:.1}/s, {} answer tokens at {:.1}/s ({}), {:.1} MB held",
        m.prompt_tokens,
        rate(m.prompt_tokens - m.reused_tokens, m.prompt_ms),
        m.generated_tokens,
        // The first one came with the prompt.
        rate(m.generated_tokens.saturating_sub(1), m.decode_ms),
        done.reason.name(),
        held as f64 / 1e6
    );
    Ok(())
}
