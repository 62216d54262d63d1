//! `squint`: the engine behind a command line. Every verb is one file of `verb/`; what they share stands in `open`.

mod open;
mod table;
mod verb;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "squint", version, about = "See how little a vision-language model needs")]
struct Line {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Ask a model
    Run(verb::run::Args),
    /// Next-token scores of a text or of ids
    Logits(verb::logits::Args),
    /// What a vision encoder makes of a picture
    Features(verb::features::Args),
    /// How fast prefill and decode are, and which share of this machine's limits that is
    Bench(verb::bench::Args),
    /// What a checkpoint holds: family, sizes, formats, tensors
    Inspect(verb::inspect::Args),
    /// What a run would cost, from sizes alone: nothing is downloaded or computed
    Estimate(verb::estimate::Args),
}

/// A line on stdout. A reader that went away (`| head`) is no mistake, and `println!` would panic.
fn say(line: &str) {
    let mut out = std::io::stdout();
    if writeln!(out, "{line}").and_then(|_| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn main() -> ExitCode {
    let line = Line::parse();
    let done = pollster::block_on(async {
        match line.verb {
            Verb::Run(args) => verb::run::run(args).await,
            Verb::Logits(args) => verb::logits::run(args).await,
            Verb::Features(args) => verb::features::run(args).await,
            Verb::Bench(args) => verb::bench::run(args).await,
            Verb::Inspect(args) => verb::inspect::run(args).await,
            Verb::Estimate(args) => verb::estimate::run(args),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("squint: {}: {} — {}", e.code, e.what, e.hint);
            ExitCode::FAILURE
        }
    }
}
