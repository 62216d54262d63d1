//! `squint bench`: prefill and decode, warm, medians; beside them what the machine can do at most.

use crate::open::How;
use serde_json::json;
use squint_engine::{Choice, Host};
use squint_ops::Error;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    how: How,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 200)]
    prompt_tokens: usize,
    /// Tokens of the answer
    #[arg(long = "gen", default_value_t = 48)]
    answer: usize,
    /// Measured runs; the first one is thrown away
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

pub async fn run(args: Args) -> Result<(), Error> {
    let mut session = args.how.session().await?;
    let now = Host::native().now;
    let vocab = session.model.sizes.vocab as u32;
    // Ids without meaning: the work is the same.
    let prompt: Vec<u32> = (0..args.prompt_tokens as u32).map(|i| (i * 7919 + 13) % vocab).collect();
    let (mut prefill, mut decode) = (vec![], vec![]);
    for run in 0..args.runs + 1 {
        // Another first token makes a prompt that no cache knows.
        let mut prompt = prompt.clone();
        prompt[0] = run as u32;
        let start = now();
        session.prefill(&prompt).await?;
        session.next(Choice::GREEDY, 1).await?;
        let read = now();
        let mut done = 0;
        while done < args.answer {
            done += session.next(Choice::GREEDY, args.answer - done).await?.len();
        }
        if run > 0 {
            prefill.push(args.prompt_tokens as f64 / (read - start) * 1e3);
            decode.push(args.answer as f64 / (now() - read) * 1e3);
        }
    }
    let (prefill, decode) = (median(&mut prefill), median(&mut decode));
    let caps = session.model.backend.caps();
    if args.how.json {
        crate::say(&json!({"prefill_tokens_per_s": prefill, "decode_tokens_per_s": decode, "prompt_tokens": args.prompt_tokens,
                "gen": args.answer, "runs": args.runs, "backend": caps.name, "device": caps.device}).to_string());
        return Ok(());
    }
    crate::say(&format!("{} ({}), medians of {} warm runs", caps.name, caps.device, args.runs));
    crate::say(&format!("prefill  {prefill:8.1} tokens/s over {} tokens", args.prompt_tokens));
    crate::say(&format!("decode   {decode:8.1} tokens/s over {} tokens", args.answer));
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}
