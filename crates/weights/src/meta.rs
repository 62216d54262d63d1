//! What a file says about its model: keys and values, kept close to their size in the file.

use crate::gguf::number;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any number or truth value; whole ones are exact up to 2⁵³.
    Number(f64),
    Text(String),
    List(List),
}

/// A list as it lies in the file: a vocabulary of 50 000 texts is one allocation, not 50 000.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    kind: Option<u32>,
    bytes: Vec<u8>,
    /// Ends of the texts in `bytes`.
    ends: Vec<usize>,
}

impl List {
    pub fn numbers(kind: u32, bytes: Vec<u8>) -> List {
        List { kind: Some(kind), bytes, ends: vec![] }
    }

    pub fn push_text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// The texts; empty for a list of numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        // Every text was valid when it was pushed.
        starts.zip(&self.ends).map(|(from, to)| std::str::from_utf8(&self.bytes[from..*to]).unwrap_or_default())
    }

    /// The numbers; empty for a list of texts.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        let kind = self.kind.unwrap_or(0);
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            _ => 8,
        };
        let numbers = if self.kind.is_some() { &self.bytes[..] } else { &[] };
        numbers.chunks_exact(size).map(move |b| number(kind, b))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Meta(BTreeMap<String, Value>);

impl Meta {
    /// False where the key is there already; the first value stays.
    pub fn insert(&mut self, key: String, value: Value) -> bool {
        match self.0.entry(key) {
            std::collections::btree_map::Entry::Vacant(e) => {
                e.insert(value);
                true
            }
            _ => false,
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }
    /// A whole number that is not negative.
    pub fn uint(&self, key: &str) -> Option<u64> {
        self.number(key).filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n <= 2f64.powi(53)).map(|n| n as u64)
    }
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }
    pub fn list(&self, key: &str) -> Option<&List> {
        match self.get(key)? {
            Value::List(l) => Some(l),
            _ => None,
        }
    }
}
