//! What chat templates expect of the engine that runs them, beyond the template language: a few functions, JSON as
//! Python writes it, and one tag that only matters for training.

use super::template::OUTPUT;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, syntax::SyntaxConfig};

mod dumps;
mod filters;
mod letters;
mod moment;
mod percent;
mod strings;

pub(super) use moment::date;

/// Templates are run for conversations of some hundred messages; one that needs more steps than this never ends.
const STEPS: u64 = 20_000_000;

pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    let whitespace = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    env.set_syntax(whitespace.unwrap_or_default());
    env.set_fuel(Some(STEPS));
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_unknown_method_callback(strings::method);
    env.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    filters::add(&mut env);
    percent::add(&mut env);
    env
}

/// Why a template cannot go on.
fn refuse(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// No text on the way is longer than all that a template may write.
fn within(bytes: usize) -> Result<(), Error> {
    if bytes <= OUTPUT { Ok(()) } else { Err(refuse(format!("a text of more than {OUTPUT} bytes"))) }
}

/// So many of a character, none where the number is negative.
fn pad(with: char, count: i64) -> Result<String, Error> {
    let count = usize::try_from(count).unwrap_or(0);
    within(count.saturating_mul(with.len_utf8()))?;
    Ok(with.to_string().repeat(count))
}

/// A template as the environment takes it.
pub(super) fn prepared(source: &str) -> String {
    percent::rewritten(&without_generation_tags(source))
}

/// `{% generation %} … {% endgeneration %}` marks what training learns from. Here it is a block that is always shown; the
/// lines stay where they are.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let end = tag.find("%}").map_or(tag.len(), |e| e + 2);
        let (tag, after) = tag.split_at(end);
        let word = tag.trim_matches(['{', '%', '}', '-', '+', ' ', '\n', '\t']);
        out.push_str(&match word {
            "generation" => tag.replace(word, "if true"),
            "endgeneration" => tag.replace(word, "endif"),
            _ => tag.to_owned(),
        });
        rest = after;
    }
    out + rest
}
