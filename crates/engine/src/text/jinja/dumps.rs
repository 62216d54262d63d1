//! JSON as Python's `json.dumps` writes it, with the options that `transformers` gives templates.

use super::{refuse, within};
use minijinja::Error;
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};

/// Values in values: a template can put a list into itself as often as it has steps.
const DEEP: usize = 200;

struct Style {
    ascii: bool,
    sorted: bool,
    /// What every level begins with; none writes all in one line.
    indent: Option<String>,
    /// Between two values, and between a key and its value.
    between: [String; 2],
}

pub fn to_json(value: &Value, options: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let options: Vec<Value> = options.0.into_iter().map(ValueOrKwargs::into_value).collect();
    let (ascii, indent, between, sorted, named): (Option<Value>, Option<Value>, Option<Value>, Option<Value>, Kwargs) =
        from_args(&options)?;
    let option = |given: Option<Value>, name: &str| match given {
        Some(given) => Ok(Some(given)),
        None => named.get::<Option<Value>>(name),
    };
    let ascii = option(ascii, "ensure_ascii")?;
    let indent = option(indent, "indent")?.map(|indent| level(&indent)).transpose()?.flatten();
    let between = option(between, "separators")?.filter(|b| !b.is_none());
    let sorted = option(sorted, "sort_keys")?;
    named.assert_all_used()?;
    let between = match between {
        Some(two) => {
            let two: Vec<Value> = two.try_iter()?.collect();
            let [a, b] = &two[..] else { return Err(refuse("separators are two texts".into())) };
            [a, b].map(Value::to_string)
        }
        None if indent.is_some() => [",", ": "].map(String::from),
        None => [", ", ": "].map(String::from),
    };
    let is = |option: Option<Value>| option.is_some_and(|o| o.is_true());
    let mut out = String::new();
    Style { ascii: is(ascii), sorted: is(sorted), indent, between }.value(value, &mut out, 0)?;
    Ok(out.into())
}

/// A number is so many blanks.
fn level(indent: &Value) -> Result<Option<String>, Error> {
    if indent.is_none() {
        return Ok(None);
    }
    if let Some(text) = indent.as_str() {
        return Ok(Some(text.to_owned()));
    }
    super::pad(' ', indent.clone().try_into()?).map(Some)
}

impl Style {
    fn value(&self, value: &Value, out: &mut String, depth: usize) -> Result<(), Error> {
        within(out.len())?;
        if depth > DEEP {
            return Err(refuse(format!("tojson: values in values, more than {DEEP} deep")));
        }
        match value.kind() {
            ValueKind::None => out.push_str("null"),
            ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => out.push_str(&number(value)?),
            ValueKind::String => self.text(value.as_str().unwrap_or_default(), out),
            ValueKind::Seq | ValueKind::Iterable => {
                self.many(['[', ']'], value.try_iter()?, out, depth, |one, out| self.value(&one, out, depth + 1))?;
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sorted {
                    keys.sort();
                }
                self.many(['{', '}'], keys.into_iter(), out, depth, |key, out| {
                    self.text(&name(&key)?, out);
                    out.push_str(&self.between[1]);
                    self.value(&value.get_item(&key)?, out, depth + 1)
                })?;
            }
            other => return Err(refuse(format!("tojson: a value that is {other} has no JSON"))),
        }
        Ok(())
    }

    fn many(
        &self,
        [open, close]: [char; 2],
        all: impl Iterator<Item = Value>,
        out: &mut String,
        depth: usize,
        mut write: impl FnMut(Value, &mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        out.push(open);
        let mut some = false;
        for one in all {
            if std::mem::replace(&mut some, true) {
                out.push_str(&self.between[0]);
            }
            self.line(out, depth + 1)?;
            write(one, out)?;
        }
        if some {
            self.line(out, depth)?;
        }
        out.push(close);
        Ok(())
    }

    fn line(&self, out: &mut String, depth: usize) -> Result<(), Error> {
        let Some(indent) = &self.indent else { return Ok(()) };
        within(out.len() + depth * indent.len())?;
        out.push('\n');
        out.push_str(&indent.repeat(depth));
        Ok(())
    }

    fn text(&self, text: &str, out: &mut String) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if c < ' ' || self.ascii && !(' '..='~').contains(&c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }
}

/// The text that a key becomes.
fn name(key: &Value) -> Result<String, Error> {
    match key.kind() {
        ValueKind::String => Ok(key.to_string()),
        ValueKind::None => Ok("null".into()),
        ValueKind::Bool => Ok(if key.is_true() { "true" } else { "false" }.into()),
        ValueKind::Number => number(key),
        other => Err(refuse(format!("tojson: a key cannot be {other}"))),
    }
}

fn number(value: &Value) -> Result<String, Error> {
    if value.is_integer() {
        return Ok(value.to_string());
    }
    let number: f64 = value.clone().try_into()?;
    Ok(match number {
        n if n.is_nan() => "NaN".into(),
        n if n.is_infinite() => if n > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        n => float(n),
    })
}

/// The shortest digits that mean this number, with an exponent where Python writes one.
fn float(n: f64) -> String {
    let short = format!("{n:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = n.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
