//! safetensors: eight bytes of length, a JSON header of names, formats, shapes and offsets, then the data. And the
//! index that says which of several files holds which tensor.

use crate::tensor::{Tensor, apart, measure};
use crate::{Error, Kind, Source, cursor::Cursor, source::inside};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The format's own limit of a header.
const HEADER: u64 = 100_000_000;

#[derive(Debug)]
pub struct Safetensors {
    pub tensors: Vec<Tensor>,
    /// Of types that Squint cannot read, as the file names them. Many files bring numbered positions and masks along that
    /// no model needs.
    pub others: Vec<Other>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    pub name: String,
    pub dtype: String,
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

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Safetensors {
    /// Reads the header only.
    pub async fn read(source: &dyn Source) -> Result<Safetensors, Error> {
        let mut c = Cursor::new(source, 0);
        let len = c.count("bytes of header", 1).await?;
        if len > HEADER {
            return Err(c.bad("count", format!("a header of {len} bytes; {HEADER} are possible")));
        }
        let text = c.bytes(len).await?;
        let bad = |c: &Cursor, e: serde_json::Error| c.bad("json", format!("the header cannot be read: {e}"));
        let mut header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&text).map_err(|e| bad(&c, e))?;
        header.remove("__metadata__");
        let data = c.at();
        let (mut tensors, mut others, mut places) = (vec![], vec![], vec![]);
        for (name, value) in header {
            let entry: Entry = serde_json::from_value(value)
                .map_err(|e| c.bad("json", format!("the entry of '{name}' cannot be read: {e}")))?;
            let [from, to] = entry.data_offsets;
            let kind = kind(&entry.dtype);
            let bytes = match kind {
                Some(kind) => Some(measure(&name, kind, &entry.shape)?),
                None => to.checked_sub(from),
            };
            let Some(bytes) = bytes.filter(|bytes| to.checked_sub(from) == Some(*bytes)) else {
                let what = format!("tensor '{name}' of {:?} in {} cannot be {from}..{to}", entry.shape, entry.dtype);
                return Err(c.bad("shape", what));
            };
            let at = from.checked_add(data).ok_or_else(|| c.bad("offset", format!("tensor '{name}' at {from}")))?;
            inside(source, at, bytes)
                .map_err(|e| Error::new(e.code, format!("tensor '{name}': {}", e.what), e.hint))?;
            let Some(kind) = kind else {
                places.push((name.clone(), at, bytes));
                others.push(Other { name, dtype: entry.dtype });
                continue;
            };
            let shape = entry.shape.iter().map(|d| *d as usize).collect();
            tensors.push(Tensor { name, kind, shape, at, bytes });
        }
        let unread = places.iter().map(|(name, at, bytes)| (name.as_str(), *at, *bytes));
        apart(tensors.iter().map(Tensor::place).chain(unread))?;
        Ok(Safetensors { tensors, others })
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

/// The files that `model.safetensors.index.json` names, each once, sorted.
pub fn shards(index: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_str(index)
        .map_err(|e| Error::new("json", format!("the index of shards cannot be read: {e}"), "get the file again"))?;
    let mut files: Vec<String> = index.weight_map.into_values().collect();
    files.sort_unstable();
    files.dedup();
    // A name with a path would reach outside the model's folder.
    match files.iter().find(|f| f.contains(['/', '\\']) || f.starts_with('.')) {
        Some(file) => Err(Error::new("path", format!("the index names '{file}'"), "shards lie beside their index")),
        None => Ok(files),
    }
}
