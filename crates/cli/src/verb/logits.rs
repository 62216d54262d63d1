//! `squint logits`: the scores themselves, for people who compare engines.

use crate::bar::Bar;
use crate::open::{How, Shown, unpacked};
use crate::picture::Shows;
use serde_json::json;
use squint_engine::{Choice, Marks, Prompt, Words, room};
use squint_ops::Error;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub how: How,
    /// Token ids, separated by commas
    #[arg(long, value_delimiter = ',', required_unless_present = "prompt")]
    ids: Vec<u32>,
    /// Text instead of ids, with the tokenizer's own special tokens
    #[arg(long, conflicts_with = "ids")]
    prompt: Option<String>,
    /// A PNG, JPEG, WebP, GIF or BMP file: the text has <image> for each, the ids one token for each of its rows
    #[arg(long)]
    image: Vec<PathBuf>,
    #[command(flatten)]
    shown: Shows,
    /// Go on for this many likeliest tokens
    #[arg(long, default_value_t = 0)]
    greedy: usize,
}

/// Scores shown of the last position.
const TOP: usize = 10;

pub async fn run(args: Args) -> Result<(), Error> {
    let mut session = args.how.session().await?;
    let showing = args.shown.showing();
    let Shown { numbers, seen, unpacked: kept, .. } = args.how.show(&mut session, (&args.image, showing)).await?;
    let marks = Marks::of(&session.model.checkpoint, showing)?;
    let ids = match &args.prompt {
        Some(text) => {
            let (words, prompt) = (Words::of(&session.model.checkpoint)?, Prompt::Raw(text.clone()));
            match &marks {
                Some(marks) => marks.ids(&words, &prompt, &seen.pictures, None, session.room())?,
                None => words.ids(&prompt, None, session.room())?,
            }
        }
        None => args.ids,
    };
    room::fits(ids.len(), args.greedy, session.room())?;
    let prompt = marks.map_or_else(|| Ok(ids.clone()), |marks| marks.placed(&ids, numbers))?;
    let vocab = session.model.sizes.vocab;
    let (mut best, mut last) = (vec![], vec![]);
    let bar = Bar::counting("reading", prompt.len());
    session
        .every(&prompt, |rows| {
            best.extend(rows.chunks_exact(vocab).map(|row| top(row, 1)[0].0));
            last = rows[rows.len() - vocab..].to_vec();
            bar.more(rows.len() / vocab);
        })
        .await?;
    drop(bar);
    let mut greedy = vec![];
    if args.greedy > 0 {
        // The prompt's last token once more, now for a draw; the rest of it is in the caches.
        session.prefill(&prompt).await?;
        let bar = Bar::counting("going on", args.greedy);
        while greedy.len() < args.greedy {
            greedy.extend(session.next(Choice::GREEDY, args.greedy - greedy.len()).await?);
            bar.at(greedy.len() as u64, args.greedy as u64);
        }
    }
    let top = top(&last, TOP);
    if args.how.json {
        crate::say(
            &json!({"ids": ids, "argmax": best, "top": top, "greedy": greedy,
            "unpacked": unpacked(&kept)})
            .to_string(),
        );
        return Ok(());
    }
    crate::say(&format!("likeliest after each: {best:?}"));
    crate::say("after the last:");
    top.iter().for_each(|(id, logit)| crate::say(&format!("  {id:6}  {logit:.4}")));
    if !greedy.is_empty() {
        crate::say(&format!("going on: {greedy:?}"));
    }
    Ok(())
}

/// The `n` largest, ties by lower id.
fn top(logits: &[f32], n: usize) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = logits.iter().enumerate().map(|(i, v)| (i as u32, *v)).collect();
    let n = n.min(all.len());
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if n < all.len() {
        all.select_nth_unstable_by(n, order);
    }
    all.truncate(n);
    all.sort_by(order);
    all
}
