//! safetensors: eight bytes of length, a JSON header of names, formats, shapes and offsets, then the data. And the
//! index that says which of several files holds which tensor.

use crate::entries::{Entries, Entry};
use crate::tensor::{Tensor, each_once, measure, numbers, overlap};
use crate::{Error, Kind, Source, cursor::Cursor, source::inside};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::collections::BTreeSet;

/// The format's own limit of a header.
const HEADER: u64 = 100_000_000;

#[derive(Debug)]
pub struct Safetensors {
    /// By name.
    pub tensors: Vec<Tensor>,
    /// Of types that Squint cannot read, as the file names them. Many files bring numbered positions and masks along that
    /// no model needs.
    pub others: Vec<Other>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    pub name: Box<str>,
    pub dtype: Box<str>,
    at: u64,
    bytes: u64,
}

impl Other {
    /// Whole numbers and flags say where things are and are made anew; anything else may be a weight.
    pub fn counts(&self) -> bool {
        ["I", "U", "BOOL"].iter().any(|start| self.dtype.starts_with(start))
    }

    pub fn refuse<T>(&self) -> Result<T, Error> {
        Err(Error::new(
            "kind",
            format!("tensor '{}' is of type {}, which Squint cannot read", self.name, self.dtype),
            "use a file in F32, F16 or BF16, or a GGUF file",
        ))
    }
}

impl Safetensors {
    /// Reads the header only.
    pub async fn read(source: &dyn Source) -> Result<Safetensors, Error> {
        let mut c = Cursor::new(source, 0);
        let len = c.count(format_args!("bytes of header"), 1).await?;
        if len > HEADER {
            return Err(c.bad("count", format!("a header of {len} bytes; {HEADER} are possible")));
        }
        let (start, data) = (c.at(), c.at() + len);
        c.stop(data);
        // Counted before they are kept: what grows is twice in memory while it does.
        let (mut readable, mut all) = (0, 0);
        let mut entries = Entries::new(&mut c);
        while let Some(entry) = entries.next().await? {
            readable += kind(&entry.dtype).is_some() as usize;
            all += 1;
        }
        c.go(start);
        let mut file =
            Safetensors { tensors: Vec::with_capacity(readable), others: Vec::with_capacity(all - readable) };
        let mut entries = Entries::new(&mut c);
        while let Some(entry) = entries.next().await? {
            file.take(source, data, entry, &entries)?;
        }
        file.tensors.sort_unstable_by_key(|t| (t.at, t.bytes));
        file.others.sort_unstable_by_key(|t| (t.at, t.bytes));
        file.fill(data, source)?;
        let twice = |what| c.bad("twice", format!("{what} comes twice"));
        file.others.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        if let Some(pair) = file.others.windows(2).find(|p| p[0].name == p[1].name) {
            return Err(twice(format!("the tensor '{}'", pair[0].name)));
        }
        let tensors = each_once(file.tensors).map_err(&twice)?;
        let other = |t: &&Tensor| file.others.binary_search_by(|o| o.name.cmp(&t.name)).is_ok();
        match tensors.iter().find(other) {
            Some(t) => Err(twice(format!("the tensor '{}'", t.name))),
            None => Ok(Safetensors { tensors, others: file.others }),
        }
    }

    fn take(&mut self, source: &dyn Source, data: u64, entry: Entry, from: &Entries) -> Result<(), Error> {
        let Entry { name, dtype, shape, offsets: [start, end] } = entry;
        let len = end.checked_sub(start);
        let bytes = match (kind(&dtype), bits(&dtype)) {
            (Some(kind), _) => Some(measure(&name, kind, &shape)?),
            // Of a type that nobody has heard of it is not known what so many numbers take.
            (None, None) => numbers(&name, &shape).map(|_| len)?,
            (None, Some(bits)) => numbers(&name, &shape)?.checked_mul(bits).map(|all| all.div_ceil(8)),
        };
        let Some(bytes) = bytes.filter(|bytes| len == Some(*bytes)) else {
            let what = format!("tensor '{name}' of {shape:?} in {dtype} cannot be {start}..{end}");
            return Err(from.bad("shape", what));
        };
        let at = start.checked_add(data).ok_or_else(|| from.bad("offset", format!("tensor '{name}' at {start}")))?;
        inside(source, at, bytes).map_err(|e| Error::new(e.code, format!("tensor '{name}': {}", e.what), e.hint))?;
        let name = name.into_boxed_str();
        match kind(&dtype) {
            Some(kind) => {
                let shape = shape.iter().map(|d| *d as usize).collect();
                self.tensors.push(Tensor { name, kind, shape, at, bytes });
            }
            None => self.others.push(Other { name, dtype: dtype.into(), at, bytes }),
        }
        Ok(())
    }

    /// Tensors, which are in order here, fill the file behind its header one after another: that is the format's rule, and
    /// a byte that belongs to none was written by something else.
    fn fill(&self, data: u64, source: &dyn Source) -> Result<(), Error> {
        let mut ours = self.tensors.iter().map(|t| (t.at, t.bytes, &t.name)).peekable();
        let mut others = self.others.iter().map(|o| (o.at, o.bytes, &o.name)).peekable();
        let (mut end, mut before): (u64, &str) = (data, "");
        let hole = |end: u64, to: u64, next: String| {
            let what = format!("'{}': {} bytes from {end} on belong to no tensor{next}", source.name(), to - end);
            Err(Error::new("hole", what, "the file is damaged: get it again"))
        };
        loop {
            let other = match (ours.peek(), others.peek()) {
                (Some(a), Some(b)) => b < a,
                (None, None) => break,
                (a, _) => a.is_none(),
            };
            let Some((at, bytes, name)) = (if other { others.next() } else { ours.next() }) else { break };
            if at < end {
                return Err(overlap(before, name));
            }
            if at > end {
                return hole(end, at, format!(", before '{name}'"));
            }
            (end, before) = (at + bytes, name);
        }
        if end < source.size() { hole(end, source.size(), ", at the end".into()) } else { Ok(()) }
    }
}

fn kind(dtype: &str) -> Option<Kind> {
    match dtype {
        "F32" => Some(Kind::F32),
        "F16" => Some(Kind::F16),
        "BF16" => Some(Kind::BF16),
        _ => None,
    }
}

/// Bits of a number of a type that cannot be read.
fn bits(dtype: &str) -> Option<u64> {
    match dtype {
        "F4" => Some(4),
        "F6_E2M3" | "F6_E3M2" => Some(6),
        "BOOL" | "U8" | "I8" => Some(8),
        "U16" | "I16" => Some(16),
        "U32" | "I32" => Some(32),
        "U64" | "I64" | "F64" | "C64" => Some(64),
        _ => dtype.starts_with("F8_").then_some(8),
    }
}

/// The files that `model.safetensors.index.json` names, each once, sorted. Which tensor is in which of them the files say.
pub fn shards(index: &[u8]) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: Files,
    }
    let index: Index = serde_json::from_slice(index)
        .map_err(|e| Error::new("json", format!("the index of shards cannot be read: {e}"), "get the file again"))?;
    let files = index.weight_map.0;
    if files.is_empty() {
        let what = "the index of shards names no file: its 'weight_map' is empty";
        return Err(Error::new("missing", what, "get the file again"));
    }
    // A name with a path would reach outside the model's folder.
    match files.iter().find(|f| f.is_empty() || f.contains(['/', '\\']) || f.starts_with('.')) {
        Some(file) => Err(Error::new("path", format!("the index names '{file}'"), "shards lie beside their index")),
        None => Ok(files.into_iter().collect()),
    }
}

/// The values of a map, each once; its keys are not kept.
struct Files(BTreeSet<String>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Files, D::Error> {
        from.deserialize_map(Files(BTreeSet::new()))
    }
}

impl<'de> Visitor<'de> for Files {
    type Value = Files;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("names of files by names of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Files, A::Error> {
        while let Some((_, file)) = map.next_entry::<serde::de::IgnoredAny, String>()? {
            self.0.insert(file);
        }
        Ok(self)
    }
}
