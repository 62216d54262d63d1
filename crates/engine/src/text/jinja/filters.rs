//! Filters and tests where jinja2's differ from the library's.

use super::strings::{lines, replaced};
use super::{pad, refuse, strings, within};
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, State, filters};

pub fn add(env: &mut Environment<'_>) {
    env.add_filter("tojson", super::dumps::to_json);
    env.add_filter("indent", indent);
    env.add_filter("int", int);
    env.add_filter("float", float);
    env.add_filter("escape", escape);
    env.add_filter("e", escape);
    env.add_filter("wordcount", |text: String| text.split_whitespace().count());
    env.add_filter("center", |state: &mut State, text: String, width: Option<i64>| {
        strings::method(state, &text.into(), "center", &[width.unwrap_or(80).into()])
    });
    env.add_filter("replace", |text: String, old: String, new: String, count: Option<i64>| {
        replaced(&text, &old, &new, count)
    });
    // Whatever has a length and can be asked for one of its parts.
    env.add_test("sequence", |v: &Value| {
        let kind = v.kind();
        matches!(kind, ValueKind::String | ValueKind::Seq | ValueKind::Map | ValueKind::Undefined) || v.len().is_some()
    });
    env.add_test("iterable", |v: &Value| !v.is_none() && v.try_iter().is_ok());
    env.add_test("callable", |v: &Value| matches!(v.kind(), ValueKind::Plain | ValueKind::Undefined));
}

fn indent(
    text: String,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    named: Kwargs,
) -> Result<Value, Error> {
    let width = width.or(named.get("width")?).unwrap_or(4.into());
    let first = first.or(named.get("first")?).unwrap_or(false);
    let blank = blank.or(named.get("blank")?).unwrap_or(false);
    named.assert_all_used()?;
    let by = match width.as_str() {
        Some(by) => by.to_owned(),
        None => pad(' ', width.try_into()?)?,
    };
    let text = text + "\n";
    let mut out = String::new();
    for (i, line) in lines(&text).enumerate() {
        let line = line.trim_end_matches(super::letters::ends_line);
        within(out.len() + 1 + by.len() + line.len())?;
        out += if i > 0 { "\n" } else { "" };
        if if i == 0 { first } else { blank || !line.is_empty() } {
            out += &by;
        }
        out += line;
    }
    Ok(out.into())
}

/// What is no number is nought, or what is said beside it.
fn otherwise(given: Option<Value>, named: &Kwargs, nought: Value) -> Option<Value> {
    given.or_else(|| (!named.has("default")).then_some(nought))
}

fn int(state: &State, v: &Value, default: Option<Value>, base: Option<u32>, named: Kwargs) -> Result<Value, Error> {
    filters::int(state, v, otherwise(default, &named, 0.into()), base, named)
}

fn float(state: &State, v: &Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    filters::float(state, v, otherwise(default, &named, 0.0.into()), named)
}

fn escape(v: &Value) -> Result<Value, Error> {
    let text = v.to_string();
    within(text.len().saturating_mul(5)).map_err(|_| refuse("a text to escape is too long".into()))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&#34;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    Ok(Value::from_safe_string(out))
}
