//! Methods of texts, lists and dictionaries as Python has them. What can be changed in Python cannot in a template:
//! `transformers` refuses `append`, `pop` and the like, too.

use super::letters::{blank, cased, decimal, digit, ends_line, push_folded, push_title};
use super::{pad, refuse, within};
use minijinja::value::{Kwargs, Tuple, Value, ValueKind, from_args};
use minijinja::{Error, State};
use minijinja_contrib::pycompat;

type Method<T> = fn(&T, &[Value]) -> Result<Value, Error>;

/// Of texts. Others are pycompat's.
const TEXTS: &[(&str, Method<str>)] = &[
    ("capitalize", |s, args| {
        let () = from_args(args)?;
        let mut out = String::new();
        let mut letters = s.chars();
        letters.next().into_iter().for_each(|c| push_title(&mut out, c));
        // As a whole: a sigma at the end of a word has a form of its own.
        Ok((out + &letters.as_str().to_lowercase()).into())
    }),
    ("casefold", |s, args| {
        let () = from_args(args)?;
        let mut out = String::new();
        s.chars().for_each(|c| push_folded(&mut out, c));
        Ok(out.into())
    }),
    ("center", |s, args| aligned(s, args, |margin, width| margin / 2 + (margin & width & 1))),
    ("count", |s, args| {
        let found = part(s, args)?;
        Ok(found.map_or(0, |p| p.text.matches(p.what).count()).into())
    }),
    ("endswith", |s, args| either(s, args, |text, end| text.ends_with(end))),
    ("find", |s, args| Ok(found(s, args, |text, what| text.find(what))?.map_or((-1).into(), Value::from))),
    ("index", |s, args| found(s, args, |text, what| text.find(what))?.map(Value::from).ok_or_else(absent)),
    ("isdecimal", |s, args| all(s, args, decimal)),
    ("isdigit", |s, args| all(s, args, digit)),
    ("isnumeric", |s, args| all(s, args, char::is_numeric)),
    ("isspace", |s, args| all(s, args, blank)),
    ("join", |s, args| {
        let (all,): (&Value,) = from_args(args)?;
        let mut out = String::new();
        for (i, one) in all.try_iter()?.checked().enumerate() {
            let one = one?;
            let Some(one) = one.as_str() else { return Err(refuse(format!("join takes texts, not a {}", one.kind()))) };
            let between = if i == 0 { "" } else { s };
            within(out.len() + between.len() + one.len())?;
            out += between;
            out += one;
        }
        Ok(out.into())
    }),
    ("ljust", |s, args| aligned(s, args, |_, _| 0)),
    ("lstrip", |s, args| stripped(s, args, true, false)),
    ("partition", |s, args| {
        let (by,): (&str,) = from_args(args)?;
        parts(s, by, s.find(by), [s, "", ""])
    }),
    ("removeprefix", |s, args| {
        let (prefix,): (&str,) = from_args(args)?;
        Ok(s.strip_prefix(prefix).unwrap_or(s).into())
    }),
    ("removesuffix", |s, args| {
        let (suffix,): (&str,) = from_args(args)?;
        Ok(s.strip_suffix(suffix).unwrap_or(s).into())
    }),
    ("replace", |s, args| {
        let (old, new, count): (&str, &str, Option<i64>) = from_args(args)?;
        replaced(s, old, new, count)
    }),
    ("rfind", |s, args| Ok(found(s, args, |text, what| text.rfind(what))?.map_or((-1).into(), Value::from))),
    ("rindex", |s, args| found(s, args, |text, what| text.rfind(what))?.map(Value::from).ok_or_else(absent)),
    ("rjust", |s, args| aligned(s, args, |margin, _| margin)),
    ("rpartition", |s, args| {
        let (by,): (&str,) = from_args(args)?;
        parts(s, by, s.rfind(by), ["", "", s])
    }),
    ("rsplit", |s, args| {
        let (by, most) = cuts(args)?;
        let mut all: Vec<&str> = match &by {
            Some(by) => s.rsplitn(most, by.as_str()).collect(),
            None => words(s, most, |rest| rest.rfind(blank), true),
        };
        all.reverse();
        Ok(list(all))
    }),
    ("rstrip", |s, args| stripped(s, args, false, true)),
    ("split", |s, args| {
        let (by, most) = cuts(args)?;
        Ok(match &by {
            Some(by) => list(s.splitn(most, by.as_str())),
            None => list(words(s, most, |rest| rest.find(blank), false)),
        })
    }),
    ("splitlines", |s, args| {
        let (keep, named): (Option<bool>, Kwargs) = from_args(args)?;
        let keep = keep.or(named.get("keepends")?).unwrap_or(false);
        named.assert_all_used()?;
        Ok(list(lines(s).map(|line| if keep { line } else { line.trim_end_matches(ends_line) })))
    }),
    ("startswith", |s, args| either(s, args, |text, start| text.starts_with(start))),
    ("strip", |s, args| stripped(s, args, true, true)),
    ("title", |s, args| {
        let () = from_args(args)?;
        Ok(titled(s).into())
    }),
    ("zfill", |s, args| {
        let (width,): (i64,) = from_args(args)?;
        let (sign, digits) = s.split_at(s.starts_with(['+', '-']) as usize);
        Ok((sign.to_owned() + &pad('0', width.saturating_sub(s.chars().count() as i64))? + digits).into())
    }),
];

pub fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        if let Some((_, method)) = TEXTS.iter().find(|(known, _)| *known == name) {
            return method(text, args);
        }
    } else if matches!((value.kind(), name), (ValueKind::Seq, "copy") | (ValueKind::Map, "copy")) {
        let () = from_args(args)?;
        // Nothing can be changed: a copy is the same.
        return Ok(value.clone());
    } else if matches!((value.kind(), name), (ValueKind::Seq, "index")) {
        let (what,): (&Value,) = from_args(args)?;
        return value.try_iter()?.position(|one| one == *what).map(Value::from).ok_or_else(absent);
    }
    pycompat::unknown_method_callback(state, value, name, args)
}

/// Lines with their ends.
pub fn lines(s: &str) -> impl Iterator<Item = &str> {
    let mut rest = s;
    std::iter::from_fn(move || {
        let (at, c) = rest.char_indices().find(|(_, c)| ends_line(*c)).unwrap_or((rest.len(), 'x'));
        let end = if rest[at..].starts_with("\r\n") { at + 2 } else { rest.len().min(at + c.len_utf8()) };
        let (line, more) = rest.split_at(end);
        rest = more;
        (!line.is_empty()).then_some(line)
    })
}

pub fn replaced(s: &str, old: &str, new: &str, count: Option<i64>) -> Result<Value, Error> {
    let count = count.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let found = s.matches(old).take(count).count();
    within((s.len() + found.saturating_mul(new.len())).saturating_sub(found * old.len()))?;
    Ok(s.replacen(old, new, count).into())
}

fn list<'a>(all: impl IntoIterator<Item = &'a str>) -> Value {
    all.into_iter().map(Value::from).collect()
}

/// Every letter behind one without sizes is a first one.
fn titled(s: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for (at, c) in s.char_indices() {
        match inside {
            // Sigma looks at what is around it.
            true if c == 'Σ' => out.push_str(if s[at + 2..].starts_with(cased) { "σ" } else { "ς" }),
            true => out.extend(c.to_lowercase()),
            false => push_title(&mut out, c),
        }
        inside = cased(c);
    }
    out
}

fn absent() -> Error {
    refuse("what is looked for is not there".into())
}

fn all(s: &str, args: &[Value], is: fn(char) -> bool) -> Result<Value, Error> {
    let () = from_args(args)?;
    Ok((!s.is_empty() && s.chars().all(is)).into())
}

/// `left` says how much of a margin is on the left.
fn aligned(s: &str, args: &[Value], left: fn(i64, i64) -> i64) -> Result<Value, Error> {
    let (width, fill): (i64, Option<char>) = from_args(args)?;
    let (margin, fill) = ((width.saturating_sub(s.chars().count() as i64)).max(0), fill.unwrap_or(' '));
    let left = left(margin, width);
    Ok((pad(fill, left)? + s + &pad(fill, margin - left)?).into())
}

fn stripped(s: &str, args: &[Value], start: bool, end: bool) -> Result<Value, Error> {
    let (which,): (Option<&str>,) = from_args(args)?;
    let is = |c: char| which.map_or_else(|| blank(c), |which| which.contains(c));
    let s = if start { s.trim_start_matches(is) } else { s };
    Ok(if end { s.trim_end_matches(is) } else { s }.into())
}

fn parts(s: &str, by: &str, at: Option<usize>, whole: [&str; 3]) -> Result<Value, Error> {
    if by.is_empty() {
        return Err(refuse("a separator is empty".into()));
    }
    let three = at.map_or(whole, |at| [&s[..at], by, &s[at + by.len()..]]);
    Ok(Tuple::from(three.map(Value::from)).into())
}

/// A separator, none is white space, and how many pieces there are at most.
fn cuts(args: &[Value]) -> Result<(Option<String>, usize), Error> {
    let (by, most, named): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
    let (by, most) = (by.or(named.get("sep")?).map(str::to_owned), most.or(named.get("maxsplit")?));
    named.assert_all_used()?;
    if by.as_ref().is_some_and(String::is_empty) {
        return Err(refuse("a separator is empty".into()));
    }
    let most = most.and_then(|n| usize::try_from(n).ok()).map_or(usize::MAX, |n| n.saturating_add(1));
    Ok((by, most))
}

/// Words between white space, from one end or the other; the last one is all that is left.
fn words(s: &str, most: usize, next: fn(&str) -> Option<usize>, back: bool) -> Vec<&str> {
    let trim = |s| if back { str::trim_end_matches(s, blank) } else { str::trim_start_matches(s, blank) };
    let (mut all, mut rest) = (vec![], trim(s));
    while !rest.is_empty() {
        let at = next(rest).filter(|_| all.len() + 1 < most);
        let Some(at) = at else {
            all.push(rest);
            break;
        };
        let (before, after) = rest.split_at(at);
        let (word, more) = if back { (after.trim_start_matches(blank), before) } else { (before, after) };
        all.push(word);
        rest = trim(more);
    }
    all
}

/// A stretch of a text that something is looked for in.
struct Part<'a> {
    text: &'a str,
    /// Characters before it.
    from: usize,
    what: &'a str,
}

/// None where the stretch begins behind its end.
fn part<'a>(s: &'a str, args: &'a [Value]) -> Result<Option<Part<'a>>, Error> {
    let (what, start, end): (&str, Option<i64>, Option<i64>) = from_args(args)?;
    Ok(stretch(s, start, end).map(|(from, text)| Part { text, from, what }))
}

fn stretch(s: &str, start: Option<i64>, end: Option<i64>) -> Option<(usize, &str)> {
    let count = s.chars().count();
    let place = |n: i64| if n < 0 { (count as i64).saturating_add(n).max(0) } else { n };
    let from = place(start.unwrap_or(0)) as usize;
    let to = end.map_or(count, |end| (place(end) as usize).min(count));
    let byte = |n: usize| s.char_indices().nth(n).map_or(s.len(), |(at, _)| at);
    (from <= to).then(|| (from, &s[byte(from)..byte(to)]))
}

fn found(s: &str, args: &[Value], find: fn(&str, &str) -> Option<usize>) -> Result<Option<usize>, Error> {
    let Some(part) = part(s, args)? else { return Ok(None) };
    Ok(find(part.text, part.what).map(|at| part.from + part.text[..at].chars().count()))
}

/// Whether one text, or one of a tuple, is what a stretch begins or ends with.
fn either(s: &str, args: &[Value], is: fn(&str, &str) -> bool) -> Result<Value, Error> {
    let (what, start, end): (&Value, Option<i64>, Option<i64>) = from_args(args)?;
    let bad = |what: &Value| refuse(format!("a text or a tuple of texts is compared with, not a {}", what.kind()));
    let all = match what.downcast_object_ref::<Tuple>() {
        Some(tuple) => tuple.clone().into_vec(),
        None => vec![what.clone()],
    };
    let part = stretch(s, start, end);
    for one in &all {
        let one = one.as_str().ok_or_else(|| bad(one))?;
        if part.is_some_and(|(_, text)| is(text, one)) {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}
