//! How many tokens a session has room for. Everybody counts them here: `context` is what prompt and answer have together.

use squint_models::vlm;
use squint_ops::Error;
use squint_weights::Checkpoint;

/// Tokens of prompt and answer where nobody asks for a number, and the model can have as many.
pub const CONTEXT: usize = 1024;
/// The same of models that see: a picture in tiles alone takes a thousand.
pub const SEEING: usize = 2048;

/// The room of a session with a model that can have `most` tokens. More than that is refused and not cut: an answer that
/// ends early, in a context that nobody asked for, looks like one that was done.
pub fn room(asked: Option<usize>, most: usize, usual: usize) -> Result<usize, Error> {
    match asked {
        None => Ok(usual.min(most)),
        Some(n) if (1..=most).contains(&n) => Ok(n),
        Some(n) => Err(Error::new(
            "context",
            format!("a context of {n} tokens; this model can have 1 to {most}"),
            "choose a context in between",
        )),
    }
}

/// The same before a model is loaded.
pub fn of(checkpoint: &Checkpoint, asked: Option<usize>) -> Result<usize, Error> {
    let usual = if vlm::Parts::inside(checkpoint)?.is_some() { SEEING } else { CONTEXT };
    room(asked, vlm::language(&checkpoint.facts)?.sizes.context, usual)
}

/// Whether all of an answer has room behind its prompt. The last token is said and not read again: it needs none.
pub fn fits(prompt: usize, answer: usize, room: usize) -> Result<(), Error> {
    if prompt == 0 {
        return Err(Error::new("prompt", "the prompt is empty", "ask something: a prompt has one token at least"));
    }
    if prompt.saturating_add(answer.saturating_sub(1)) > room {
        return Err(Error::new(
            "context",
            format!("{prompt} tokens of prompt and {answer} of answer in a context of {room}"),
            "ask for fewer, or for a longer context",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_what_was_asked_for_or_refused() {
        assert_eq!((room(None, 512, CONTEXT).unwrap(), room(None, 8192, CONTEXT).unwrap()), (512, 1024));
        assert_eq!(room(Some(512), 512, CONTEXT).unwrap(), 512);
        for wrong in [0, 513, usize::MAX] {
            assert!(room(Some(wrong), 512, CONTEXT).unwrap_err().what.ends_with("1 to 512"), "{wrong}");
        }
    }

    #[test]
    fn the_last_token_needs_no_room() {
        for (prompt, answer, fit) in [(8, 0, true), (8, 1, true), (7, 2, true), (8, 2, false), (9, 0, false)] {
            assert_eq!(fits(prompt, answer, 8).is_ok(), fit, "{prompt} {answer}");
        }
        assert_eq!(fits(0, 1, 8).unwrap_err().code, "prompt");
        assert_eq!(fits(usize::MAX, usize::MAX, 8).unwrap_err().code, "context");
    }
}
