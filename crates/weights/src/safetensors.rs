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
        let mut tensors = vec![];
        for (name, value) in header {
            let entry: Entry = serde_json::from_value(value)
                .map_err(|e| c.bad("json", format!("the entry of '{name}' cannot be read: {e}")))?;
            let kind = kind(&name, &entry.dtype)?;
            let bytes = measure(&name, kind, &entry.shape)?;
            let [from, to] = entry.data_offsets;
            if to.checked_sub(from) != Some(bytes) {
                return Err(c.bad(
                    "shape",
                    format!("tensor '{name}' of {:?} takes {bytes} bytes, not {from}..{to}", entry.shape),
                ));
            }
            let at = from.checked_add(data).ok_or_else(|| c.bad("offset", format!("tensor '{name}' at {from}")))?;
            inside(source, at, bytes)
                .map_err(|e| Error::new(e.code, format!("tensor '{name}': {}", e.what), e.hint))?;
            let shape = entry.shape.iter().map(|d| *d as usize).collect();
            tensors.push(Tensor { name, kind, shape, at, bytes });
        }
        apart(&tensors)?;
        Ok(Safetensors { tensors })
    }
}

fn kind(name: &str, dtype: &str) -> Result<Kind, Error> {
    match dtype {
        "F32" => Ok(Kind::F32),
        "F16" => Ok(Kind::F16),
        "BF16" => Ok(Kind::BF16),
        _ => Err(Error::new(
            "kind",
            format!("tensor '{name}' is of type {dtype}, which Squint cannot read"),
            "use a file in F32, F16 or BF16, or a GGUF file",
        )),
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
