//! What goes to the terminal. Names and texts of a model come out of files that nobody checked, and a terminal obeys some
//! characters: those are written as their numbers.

use serde_json::{Value, json};
use squint_ops::Error;
use std::io::{IsTerminal, Write};

/// Whether a terminal does something at this character instead of showing it: controls, and what turns the direction of
/// writing.
fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// All of them are below U+10000, and written as JSON has them: in an object they stay what they are.
fn shown(text: &str, keep: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) && !keep.contains(&c) {
            out += &format!("\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// A line on stdout. A reader that went away (`| head`) is no mistake, and `println!` would panic.
pub fn say(line: &str) {
    let mut out = std::io::stdout();
    if writeln!(out, "{}", shown(line, &[])).and_then(|_| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// A line on stderr.
pub fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{}", shown(line, &[])));
}

/// A part of an answer as it comes. What is not a terminal gets it as it is.
pub fn stream(text: &str) {
    let mut out = std::io::stdout();
    let text = if out.is_terminal() { shown(text, &['\n', '\t']) } else { text.to_owned() };
    // A reader that went away wants no more text.
    drop(out.write_all(text.as_bytes()).and_then(|_| out.flush()));
}

/// Why there is no answer; for programs as the one object they wait for.
pub fn refuse(e: &Error, as_json: bool) {
    tell(&format!("squint: {}: {} — {}", e.code, e.what, e.hint));
    if as_json {
        say(&error(e).to_string());
    }
}

fn error(e: &Error) -> Value {
    json!({"error": {"code": e.code, "what": e.what, "hint": e.hint}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_commanded() {
        let name = "a\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\r\nb é世🙂";
        assert_eq!(shown(name, &[]), "a\\u001b[2J\\u009b31m\\u202e\\u007f\\u000d\\u000ab é世🙂");
        assert_eq!(shown("a\tb\n\u{7}", &['\n', '\t']), "a\tb\n\\u0007");
        // JSON stays what it was.
        let json = json!({ name: 1 }).to_string();
        assert_ne!(shown(&json, &[]), json);
        assert_eq!(serde_json::from_str::<Value>(&shown(&json, &[])).unwrap(), json!({ name: 1 }));
    }
}
