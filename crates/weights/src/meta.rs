//! What a file says about its model: keys and values, kept as they lie in the file. Beside those bytes there is one number
//! for each key, so that a header takes little more memory than it has bytes, however small its values are.

use crate::Error;
use std::borrow::Cow;

pub const TEXT: u32 = 8;
pub const LIST: u32 = 9;
const F64: u32 = 12;

/// Bytes of a value of type `kind`; none for texts and lists, which say their length.
pub fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// A number of a GGUF type from its bytes.
fn number(kind: u32, b: &[u8]) -> f64 {
    let word = word(b);
    match kind {
        1 => word as u8 as i8 as f64,
        3 => word as u16 as i16 as f64,
        5 => word as u32 as i32 as f64,
        6 => f32::from_bits(word as u32) as f64,
        11 => word as i64 as f64,
        12 => f64::from_bits(word),
        _ => word as f64,
    }
}

fn word(b: &[u8]) -> u64 {
    b.iter().rev().fold(0, |w, b| w << 8 | *b as u64)
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Any number or truth value; whole ones are exact up to 2⁵³.
    Number(f64),
    Text(Cow<'a, str>),
    List(List<'a>),
}

/// A list as it lies in the file: a vocabulary of 50 000 texts is one piece of memory, not 50 000.
#[derive(Clone, Debug, PartialEq)]
pub struct List<'a> {
    kind: u32,
    count: usize,
    bytes: Cow<'a, [u8]>,
}

impl Default for List<'_> {
    /// Of texts, without any.
    fn default() -> Self {
        List { kind: TEXT, count: 0, bytes: Cow::Borrowed(&[]) }
    }
}

impl List<'_> {
    pub fn numbers(kind: u32, bytes: Vec<u8>) -> List<'static> {
        let count = size(kind).map_or(0, |size| bytes.len() / size as usize);
        List { kind, count, bytes: bytes.into() }
    }

    pub fn push_text(&mut self, text: &str) {
        push_text(self.bytes.to_mut(), text);
        self.count += 1;
    }

    pub fn len(&self) -> usize {
        self.count
    }
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The texts; empty for a list of numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let mut raw = Raw(&self.bytes);
        let count = if self.kind == TEXT { self.count } else { 0 };
        (0..count).map(move |_| raw.text())
    }

    /// The numbers; empty for a list of texts.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        let size = size(self.kind).map_or(usize::MAX, |size| size as usize);
        self.bytes.chunks_exact(size).map(|b| number(self.kind, b))
    }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// Bytes whose lengths have been held against what is there.
struct Raw<'a>(&'a [u8]);

impl<'a> Raw<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at_checked(len).unwrap_or((self.0, &[]));
        self.0 = rest;
        head
    }
    fn length(&mut self) -> usize {
        word(self.take(8)) as usize
    }
    fn bytes(&mut self) -> &'a [u8] {
        let len = self.length();
        self.take(len)
    }
    /// Empty where it is not UTF-8, which is looked at before anybody gets it.
    fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
    fn kind(&mut self) -> u32 {
        word(self.take(4)) as u32
    }

    fn value(&mut self) -> Value<'a> {
        match self.kind() {
            TEXT => Value::Text(self.text().into()),
            LIST => {
                let (kind, count, from) = (self.kind(), self.length(), self.0);
                match size(kind) {
                    Some(size) => {
                        self.take(count * size as usize);
                    }
                    None => (0..count).for_each(|_| {
                        self.bytes();
                    }),
                }
                List { kind, count, bytes: from[..from.len() - self.0.len()].into() }.into()
            }
            kind => Value::Number(number(kind, self.take(size(kind).map_or(0, |size| size as usize)))),
        }
    }

    /// Whether all texts of a value are UTF-8.
    fn is_text(&mut self) -> bool {
        let fine = |bytes| std::str::from_utf8(bytes).is_ok();
        match self.kind() {
            TEXT => fine(self.bytes()),
            LIST if self.kind() == TEXT => (0..self.length()).all(|_| fine(self.bytes())),
            _ => true,
        }
    }
}

impl<'a> From<List<'a>> for Value<'a> {
    fn from(list: List<'a>) -> Value<'a> {
        Value::List(list)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Key, type and value, one after another.
    bytes: Vec<u8>,
    /// Where each begins, by key.
    index: Vec<u32>,
}

impl Meta {
    /// Of `count` keys and values that have been walked over: what they say of lengths is so.
    pub(crate) fn read(file: &str, bytes: Vec<u8>, count: usize) -> Result<Meta, Error> {
        let bad = |code, what: String| {
            let hint = "the file is damaged or not what its name says: get it again";
            Err(Error::new(code, format!("'{file}': {what}"), hint))
        };
        if u32::try_from(bytes.len()).is_err() {
            return bad("size", format!("{} bytes of metadata", bytes.len()));
        }
        let mut index = Vec::with_capacity(count);
        let mut raw = Raw(&bytes);
        for _ in 0..count {
            index.push((bytes.len() - raw.0.len()) as u32);
            let key = raw.text();
            let mut value = Raw(raw.0);
            if !value.is_text() {
                return bad("text", format!("what '{key}' says is not UTF-8"));
            }
            raw.value();
        }
        let mut meta = Meta { bytes, index: vec![] };
        index.sort_unstable_by(|a, b| meta.key(*a).cmp(meta.key(*b)));
        if let Some(pair) = index.windows(2).find(|p| meta.key(p[0]) == meta.key(p[1])) {
            return bad("twice", format!("the key '{}' comes twice", meta.key(pair[0])));
        }
        meta.index = index;
        Ok(meta)
    }

    fn key(&self, at: u32) -> &str {
        Raw(&self.bytes[at as usize..]).text()
    }

    fn value(&self, at: u32) -> Value<'_> {
        let mut raw = Raw(&self.bytes[at as usize..]);
        raw.bytes();
        raw.value()
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.index.binary_search_by(|at| self.key(*at).cmp(key))
    }

    /// False where the key is there already; the first value stays.
    pub fn insert(&mut self, key: String, value: Value) -> bool {
        let Err(place) = self.find(&key) else { return false };
        self.index.insert(place, self.bytes.len() as u32);
        let bytes = &mut self.bytes;
        push_text(bytes, &key);
        let kind = |bytes: &mut Vec<u8>, kind: u32| bytes.extend(kind.to_le_bytes());
        match value {
            Value::Number(n) => {
                kind(bytes, F64);
                bytes.extend(n.to_le_bytes());
            }
            Value::Text(text) => {
                kind(bytes, TEXT);
                push_text(bytes, &text);
            }
            Value::List(list) => {
                kind(bytes, LIST);
                kind(bytes, list.kind);
                bytes.extend((list.count as u64).to_le_bytes());
                bytes.extend_from_slice(&list.bytes);
            }
        }
        true
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.index.iter().map(|at| (self.key(*at), self.value(*at)))
    }
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        self.find(key).ok().map(|place| self.value(self.index[place]))
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(n)) => Ok(Some(n)),
            Some(other) => other.refuse(key, "a number"),
        }
    }
    /// A whole number that is not negative.
    pub fn uint(&self, key: &str) -> Result<Option<u64>, Error> {
        let whole = |n: f64| n >= 0.0 && n.fract() == 0.0 && n <= 2f64.powi(53);
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(n)) if whole(n) => Ok(Some(n as u64)),
            Some(other) => other.refuse(key, "a whole number from 0 up"),
        }
    }
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(n)) if n == 0.0 || n == 1.0 => Ok(Some(n == 1.0)),
            Some(other) => other.refuse(key, "true or false"),
        }
    }
    pub fn text(&self, key: &str) -> Result<Option<&str>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Text(Cow::Borrowed(text))) => Ok(Some(text)),
            Some(other) => other.refuse(key, "a text"),
        }
    }
    pub fn texts(&self, key: &str) -> Result<Option<List<'_>>, Error> {
        self.list(key, "a list of texts", |kind| kind == TEXT)
    }
    pub fn numbers(&self, key: &str) -> Result<Option<List<'_>>, Error> {
        self.list(key, "a list of numbers", |kind| kind != TEXT)
    }

    fn list(&self, key: &str, what: &str, fits: fn(u32) -> bool) -> Result<Option<List<'_>>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::List(list)) if fits(list.kind) => Ok(Some(list)),
            Some(other) => other.refuse(key, what),
        }
    }
}

impl Value<'_> {
    fn refuse<T>(&self, key: &str, expected: &str) -> Result<T, Error> {
        let found = match self {
            Value::Number(n) => n.to_string(),
            Value::Text(text) => format!("the text '{}'", short(text)),
            Value::List(list) if list.kind == TEXT => format!("a list of {} texts", list.count),
            Value::List(list) => format!("a list of {} numbers", list.count),
        };
        Err(unexpected(key, &found, expected))
    }
}

/// The beginning of something long, for messages.
pub fn short(text: &str) -> String {
    const MOST: usize = 160;
    if text.len() <= MOST { text.to_owned() } else { format!("{}…", &text[..text.floor_char_boundary(MOST)]) }
}

/// A fact that is there and of the wrong kind; a default in its place would be another model.
pub fn unexpected(key: &str, found: &str, expected: &str) -> Error {
    let what = format!("'{key}' is {found}; {expected} is expected");
    Error::new("config", what, "the file is damaged or not a model of this family")
}
