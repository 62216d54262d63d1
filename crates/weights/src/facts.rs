//! What a file says of its model: GGUF metadata, or `config.json`. Asked for a number, a text there is an error and not
//! silence: a default in its place would be another model.

use crate::meta::{short, unexpected};
use crate::{Error, Meta};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Clone, Debug)]
pub enum Facts {
    Gguf(Meta),
    Hf(Value),
}

/// One fact under both its names: a GGUF key after the architecture's prefix, a path in `config.json`.
#[derive(Clone, Copy)]
pub struct Fact {
    pub gguf: &'static str,
    /// Alternatives joined by `|`; levels by `.`.
    pub hf: &'static str,
}

impl Facts {
    /// The family's name: GGUF's architecture, or the class that `config.json` names.
    pub fn architecture(&self) -> Result<&str, Error> {
        let (found, key) = match self {
            Facts::Gguf(meta) => (meta.text("general.architecture")?, "general.architecture"),
            Facts::Hf(root) => (class(root)?, "architectures"),
        };
        found.ok_or_else(|| {
            Error::new("architecture", format!("the file does not say '{key}'"), "it is not a model Squint can read")
        })
    }

    /// What it says of one part of the model; all of it, where it speaks of that part only.
    pub fn part(&self, name: &str) -> Result<Cow<'_, Facts>, Error> {
        let Facts::Hf(root) = self else { return Ok(Cow::Borrowed(self)) };
        match root.get(name) {
            None | Some(Value::Null) => Ok(Cow::Borrowed(self)),
            Some(part) if part.is_object() => Ok(Cow::Owned(Facts::Hf(part.clone()))),
            Some(other) => refuse(name, other, "an object"),
        }
    }

    pub fn number(&self, fact: Fact) -> Result<Option<f64>, Error> {
        match self {
            Facts::Gguf(meta) => meta.number(&self.key(fact)),
            Facts::Hf(root) => typed(root, fact, "a number", Value::as_f64),
        }
    }
    pub fn uint(&self, fact: Fact) -> Result<Option<u64>, Error> {
        match self {
            Facts::Gguf(meta) => meta.uint(&self.key(fact)),
            Facts::Hf(root) => typed(root, fact, "a whole number from 0 up", Value::as_u64),
        }
    }
    pub fn text(&self, fact: Fact) -> Result<Option<&str>, Error> {
        match self {
            Facts::Gguf(meta) => meta.text(&self.key(fact)),
            Facts::Hf(root) => match find(root, fact)? {
                None => Ok(None),
                Some((_, Value::String(text))) => Ok(Some(text)),
                Some((key, other)) => refuse(key, other, "a text"),
            },
        }
    }

    /// A list of numbers, of which only `config.json` has any that are asked for.
    pub fn numbers(&self, fact: Fact) -> Result<Option<Vec<f64>>, Error> {
        let read = |v: &Value| v.as_array()?.iter().map(Value::as_f64).collect();
        match self {
            Facts::Gguf(_) => Ok(None),
            Facts::Hf(root) => typed(root, fact, "a list of numbers", read),
        }
    }

    /// Whether something is so.
    pub fn flag(&self, fact: Fact) -> Result<Option<bool>, Error> {
        match self {
            Facts::Gguf(meta) => meta.flag(&self.key(fact)),
            Facts::Hf(root) => typed(root, fact, "true or false", Value::as_bool),
        }
    }

    /// A size between 1 and `most`, `usual` where the file says nothing.
    pub fn size_or(&self, fact: Fact, usual: usize, most: u64) -> Result<usize, Error> {
        if self.uint(fact)?.is_none() { Ok(usual) } else { self.size(fact, most) }
    }

    /// A size that must be there and be between 1 and `most`.
    pub fn size(&self, fact: Fact, most: u64) -> Result<usize, Error> {
        let key = self.key(fact);
        match self.uint(fact)? {
            Some(n) if (1..=most).contains(&n) => Ok(n as usize),
            Some(n) => Err(Error::new(
                "config",
                format!("'{key}' is {n}; 1 to {most} are possible"),
                "the file is damaged or not a model of this family",
            )),
            None => Err(Error::new("config", format!("'{key}' is missing"), "the file is damaged: get it again")),
        }
    }

    fn key(&self, fact: Fact) -> String {
        match self {
            // Keys with a dot before them are not under the architecture's prefix.
            Facts::Gguf(_) if fact.gguf.starts_with('.') => fact.gguf[1..].to_owned(),
            Facts::Gguf(_) => format!("{}.{}", self.architecture().unwrap_or("?"), fact.gguf),
            Facts::Hf(_) => fact.hf.to_owned(),
        }
    }
}

/// The first class that a configuration names.
fn class(root: &Value) -> Result<Option<&str>, Error> {
    let all = match root.get("architectures") {
        None | Some(Value::Null) => return Ok(None),
        Some(all) => all,
    };
    match all.as_array().map(|all| all.first()) {
        Some(None) => Ok(None),
        Some(Some(Value::String(name))) => Ok(Some(name)),
        _ => refuse("architectures", all, "a list of texts"),
    }
}

/// Under which of its paths a fact is, and what it is; none where it is nowhere.
fn find(root: &Value, fact: Fact) -> Result<Option<(&'static str, &Value)>, Error> {
    for path in fact.hf.split('|') {
        let (mut found, mut seen) = (Some(root), 0);
        for level in path.split('.') {
            found = match found {
                None | Some(Value::Null) => None,
                Some(Value::Object(map)) => map.get(level),
                // A path goes on below what is no object.
                Some(other) => return refuse(&path[..seen - 1], other, "an object"),
            };
            seen += level.len() + 1;
        }
        if let Some(value) = found.filter(|v| !v.is_null()) {
            return Ok(Some((path, value)));
        }
    }
    Ok(None)
}

fn typed<T>(root: &Value, fact: Fact, what: &str, read: fn(&Value) -> Option<T>) -> Result<Option<T>, Error> {
    let Some((key, value)) = find(root, fact)? else { return Ok(None) };
    match read(value) {
        None => refuse(key, value, what),
        some => Ok(some),
    }
}

fn refuse<T>(key: &str, found: &Value, expected: &str) -> Result<T, Error> {
    Err(unexpected(key, &short(&found.to_string()), expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value as Said;

    const LAYERS: Fact = Fact { gguf: "block_count", hf: "num_hidden_layers" };
    const BASE: Fact = Fact { gguf: "rope.freq_base", hf: "rope_theta|rope_parameters.rope_theta" };

    #[test]
    fn what_is_of_another_kind_is_refused_by_name() {
        let read = |json: &str| Facts::Hf(serde_json::from_str(json).unwrap());
        let refused = |json: &str, ask: fn(&Facts) -> Option<Error>| {
            ask(&read(json)).unwrap_or_else(|| panic!("{json} was accepted")).to_string()
        };
        let e = refused(r#"{"num_hidden_layers": "30"}"#, |f| f.size_or(LAYERS, 12, 100).err());
        assert!(e.starts_with(r#"'num_hidden_layers' is "30"; a whole number from 0 up is expected"#), "{e}");
        for wrong in ["-3", "2.5", "true", "[30]", "{}", r#""""#] {
            let json = format!(r#"{{"num_hidden_layers": {wrong}}}"#);
            assert!(refused(&json, |f| f.size(LAYERS, 100).err()).contains(&format!("is {wrong};")));
        }
        let e = refused(r#"{"rope_parameters": {"rope_theta": "1e4"}}"#, |f| f.number(BASE).err());
        assert!(e.contains(r#"'rope_parameters.rope_theta' is "1e4"; a number"#), "{e}");
        let e = refused(r#"{"rope_parameters": "linear"}"#, |f| f.number(BASE).err());
        assert!(e.contains(r#"'rope_parameters' is "linear"; an object"#), "{e}");
        let e = refused(r#"{"num_hidden_layers": 1}"#, |f| f.text(LAYERS).err());
        assert!(e.contains("'num_hidden_layers' is 1; a text"), "{e}");
        let e = refused(r#"{"num_hidden_layers": "yes"}"#, |f| f.flag(LAYERS).err());
        assert!(e.contains("true or false"), "{e}");
        assert!(refused(r#"{"architectures": "Llama"}"#, |f| f.architecture().err()).contains("a list of texts"));
        assert!(refused(r#"{"vision_config": 7}"#, |f| f.part("vision_config").err()).contains("an object"));
        // What is not there, or there as null, has its default.
        for silent in ["{}", r#"{"num_hidden_layers": null, "rope_parameters": null}"#] {
            assert_eq!(read(silent).size_or(LAYERS, 12, 100).unwrap(), 12);
            assert_eq!(read(silent).number(BASE).unwrap(), None);
        }
    }

    #[test]
    fn metadata_of_another_kind_is_refused_by_name() {
        let refused = |value: Said, ask: fn(&Facts) -> Option<Error>| {
            let mut meta = Meta::default();
            meta.insert("general.architecture".into(), Said::Text("llama".into()));
            meta.insert("llama.block_count".into(), value);
            ask(&Facts::Gguf(meta)).unwrap().to_string()
        };
        let e = refused(Said::Text("30".into()), |f| f.size_or(LAYERS, 12, 100).err());
        assert!(e.starts_with("'llama.block_count' is the text '30'; a whole number"), "{e}");
        let e = refused(crate::List::numbers(4, vec![0; 12]).into(), |f| f.number(LAYERS).err());
        assert!(e.contains("is a list of 3 numbers; a number"), "{e}");
        assert!(refused(Said::Number(-1.0), |f| f.uint(LAYERS).err()).contains("is -1;"));
        assert!(refused(Said::Number(2.0), |f| f.flag(LAYERS).err()).contains("is 2; true or false"));
        assert!(refused(Said::Number(2.0), |f| f.text(LAYERS).err()).contains("is 2; a text"));
    }
}
