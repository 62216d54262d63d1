//! `squint`: the engine behind a command line. Every verb is one file of `verb/`; what they share stands in `open`.

mod bar;
mod find;
mod open;
mod picture;
mod process;
mod say;
mod stages;
mod table;
mod verb;

use clap::{Parser, Subcommand};
use say::{refuse, say};
use squint_ops::Error;
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
    /// Pictures with known answers: to look at, or to train on
    Scenes(verb::scenes::Args),
}

impl Verb {
    /// Whether a program waits for one JSON object.
    fn json(&self) -> bool {
        match self {
            Verb::Run(args) => args.how.json,
            Verb::Logits(args) => args.how.json,
            Verb::Features(args) => args.how.json,
            Verb::Bench(args) => args.how.json,
            Verb::Inspect(args) => args.json,
            Verb::Estimate(args) => args.json,
            Verb::Scenes(_) => false,
        }
    }
}

/// The command line, or how to leave: with help, or with what cannot be read in it.
fn read() -> Result<Line, ExitCode> {
    Line::try_parse().map_err(|e| {
        let wrong = e.use_stderr();
        if wrong && std::env::args().any(|word| word == "--json") {
            // Its first lines say what is wrong, with a list perhaps; the others are for people.
            let text = e.to_string();
            let what: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            let what = what.join(" ");
            refuse(
                &Error::new("usage", what.trim_start_matches("error: "), "squint help <verb> lists the flags"),
                true,
            );
        } else {
            drop(e.print());
        }
        // As the library has it.
        ExitCode::from(if wrong { 2 } else { 0 })
    })
}

fn main() -> ExitCode {
    let line = match read() {
        Ok(line) => line,
        Err(leave) => return leave,
    };
    let as_json = line.verb.json();
    let done = pollster::block_on(async {
        match line.verb {
            Verb::Run(args) => verb::run::run(args).await,
            Verb::Logits(args) => verb::logits::run(args).await,
            Verb::Features(args) => verb::features::run(args).await,
            Verb::Bench(args) => verb::bench::run(args).await,
            Verb::Inspect(args) => verb::inspect::run(args).await,
            Verb::Estimate(args) => verb::estimate::run(args),
            Verb::Scenes(args) => verb::scenes::run(args),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            refuse(&e, as_json);
            ExitCode::FAILURE
        }
    }
}
