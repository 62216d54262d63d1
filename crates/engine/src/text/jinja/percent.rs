//! `'%s' % (a, b)`: the language's `%` is for numbers only. Where what is on its left is written as a text, or what is on its
//! right as a tuple or a dictionary, it becomes a filter before the template is read.

use super::refuse;
use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error};

const NAME: &str = "percent";
/// Bytes of what is on the right: brackets in brackets are looked through once for each.
const RIGHT: usize = 1 << 12;

pub fn add(env: &mut Environment<'_>) {
    env.add_filter(NAME, |text: &Value, with: &Value| -> Result<Value, Error> {
        let Some(text) = text.as_str() else {
            return Err(refuse(format!("% of a {} and a {}", text.kind(), with.kind())));
        };
        let with = match with.downcast_object_ref::<Tuple>() {
            Some(tuple) => tuple.clone().into_vec(),
            None => vec![with.clone()],
        };
        // A dictionary may have more than is written.
        let exact = !matches!(&with[..], [one] if one.kind() == ValueKind::Map);
        let (some, most) = (fields(text), with.len());
        if exact && some < most {
            return Err(refuse(format!("{most} values for a text with {some} fields")));
        }
        format(FormatStyle::Printf, text, &with).map(Value::from)
    });
}

/// How many values a text takes.
fn fields(text: &str) -> usize {
    let (mut count, mut rest) = (0, text);
    while let Some(at) = rest.find('%') {
        let spec = rest[at + 1..].trim_start_matches(['#', '0', '-', ' ', '+']);
        let end = spec.find(|c: char| !(c.is_ascii_digit() || ".hlL".contains(c))).unwrap_or(spec.len());
        count += !spec[end..].starts_with('%') as usize;
        rest = spec[end..].get(1..).unwrap_or("");
    }
    count
}

/// The same template with filters.
pub fn rewritten(source: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(at) = rest.find('{') {
        let (before, tag) = rest.split_at(at);
        out += before;
        let end = match tag.as_bytes().get(1) {
            Some(b'#') => tag.find("#}").map_or(tag.len(), |end| end + 2),
            Some(b'{') => closed(tag, "}}"),
            Some(b'%') => closed(tag, "%}"),
            _ => 1,
        };
        let (tag, after) = tag.split_at(end);
        rest = after;
        if word(tag) == "raw" {
            let end = end_of_raw(rest);
            out += tag;
            out += &rest[..end];
            rest = &rest[end..];
        } else if tag.starts_with("{{") || tag.starts_with("{%") {
            out += &tag[..2];
            out += &expression(&tag[2..]);
        } else {
            out += tag;
        }
    }
    out + rest
}

const BLANKS: [char; 5] = ['-', '+', ' ', '\n', '\t'];

fn word(tag: &str) -> &str {
    tag.trim_matches(['{', '%', '}']).trim_matches(BLANKS)
}

/// Where the tag begins that ends what is not to be read.
fn end_of_raw(source: &str) -> usize {
    let mut words = source.match_indices("endraw").map(|(at, _)| source[..at].trim_end_matches(BLANKS));
    words.find_map(|before| before.strip_suffix("{%")).map_or(source.len(), str::len)
}

/// Bytes of a tag to its end, which stands in no text and no bracket.
fn closed(tag: &str, end: &str) -> usize {
    let (mut at, mut deep) = (2, 0);
    while at < tag.len() {
        if deep == 0 && tag[at..].starts_with(end) {
            return at + end.len();
        }
        match tag.as_bytes()[at] {
            b'"' | b'\'' => at += text(&tag[at..]) - 1,
            b'(' | b'[' | b'{' => deep += 1,
            b')' | b']' | b'}' => deep -= (deep > 0) as usize,
            _ => (),
        }
        at = next(tag, at);
    }
    tag.len()
}

fn next(s: &str, at: usize) -> usize {
    at + s[at..].chars().next().map_or(1, char::len_utf8)
}

/// Bytes of the text that `s` begins with, its marks included.
fn text(s: &str) -> usize {
    let mark = s.as_bytes()[0];
    let mut at = 1;
    while at < s.len() {
        match s.as_bytes()[at] {
            b'\\' => at = next(s, (at + 1).min(s.len() - 1)),
            c if c == mark => return at + 1,
            _ => at = next(s, at),
        }
    }
    s.len()
}

/// Bytes of the bracket that `s` begins with.
fn bracket(s: &str) -> usize {
    let (mut at, mut deep) = (0, 0usize);
    while at < s.len() {
        match s.as_bytes()[at] {
            b'"' | b'\'' => at += text(&s[at..]) - 1,
            b'(' | b'[' | b'{' => deep += 1,
            b')' | b']' | b'}' => deep = deep.saturating_sub(1),
            _ => (),
        }
        at = next(s, at);
        if deep == 0 {
            break;
        }
    }
    at
}

/// What follows the blanks that `s` begins with.
fn skip(s: &str) -> usize {
    s.len() - s.trim_start().len()
}

fn name(s: &str) -> usize {
    s.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(s.len())
}

/// Bytes of the value on the right of a `%`: a text, a bracket or a name, with what is asked of it.
fn operand(s: &str) -> usize {
    let mut at = skip(s);
    at += s[at..].starts_with(['-', '+']) as usize;
    at += match s.as_bytes()[at..].first() {
        Some(b'"' | b'\'') => text(&s[at..]),
        Some(b'(' | b'[' | b'{') => bracket(&s[at..]),
        _ => name(&s[at..]),
    };
    loop {
        let rest = &s[at..];
        let blanks = skip(rest);
        at += match &rest.as_bytes()[blanks..] {
            [b'(' | b'[', ..] => blanks + bracket(&rest[blanks..]),
            [b'.', ..] => blanks + 1 + name(&rest[blanks + 1..]),
            [b'|', ..] => {
                let to = blanks + 1 + skip(&rest[blanks + 1..]);
                to + name(&rest[to..])
            }
            _ => return at,
        };
    }
}

/// Whether a value is written as a tuple or a dictionary.
fn several(s: &str) -> bool {
    let s = s.trim();
    let inside = |end: usize| &s[1..end.max(2) - 1];
    match s.as_bytes().first() {
        Some(b'{') => true,
        Some(b'(') => {
            let (inside, mut at) = (inside(bracket(s)), 0);
            while at < inside.len() {
                match inside.as_bytes()[at] {
                    b',' => return true,
                    b'"' | b'\'' => at += text(&inside[at..]),
                    b'(' | b'[' | b'{' => at += bracket(&inside[at..]),
                    _ => at = next(inside, at),
                }
            }
            false
        }
        _ => false,
    }
}

/// What stands in a tag.
fn expression(s: &str) -> String {
    let (mut out, mut at, mut said) = (String::with_capacity(s.len()), 0, false);
    while at < s.len() {
        let rest = &s[at..];
        match rest.as_bytes()[0] {
            b'"' | b'\'' => {
                let end = text(rest);
                out += &rest[..end];
                at += end;
                said = true;
                continue;
            }
            b'%' if !rest.starts_with("%}") => {
                let near = &rest[..rest.floor_char_boundary(RIGHT)];
                let end = 1 + operand(&near[1..]);
                let with = &rest[1..end];
                if end < RIGHT && (said || several(with)) {
                    out.truncate(out.trim_end().len());
                    out += &format!("|{NAME}({})", expression(with));
                    at += end;
                    // What comes out is a text again.
                    said = true;
                    continue;
                }
            }
            _ => (),
        }
        let end = next(s, at);
        out += &s[at..end];
        said &= rest.as_bytes()[0].is_ascii_whitespace();
        at = end;
    }
    out
}
