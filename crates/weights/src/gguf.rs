//! GGUF: magic, counts, metadata, tensor index, then the data. Versions 2 and 3, little endian.

use crate::meta::{List, Meta, Value};
use crate::tensor::{Tensor, apart, measure};
use crate::{Error, Kind, Source, cursor::Cursor, source::inside};

#[derive(Debug)]
pub struct Gguf {
    pub version: u32,
    pub meta: Meta,
    pub tensors: Vec<Tensor>,
}

/// Tensors have at most four dimensions.
const DIMENSIONS: u32 = 4;

impl Gguf {
    /// Reads the header only.
    pub async fn read(source: &dyn Source) -> Result<Gguf, Error> {
        let mut c = Cursor::new(source, 0);
        if c.bytes(4).await? != b"GGUF" {
            return Err(c.bad("magic", "it does not begin with GGUF".into()));
        }
        let version = c.u32().await?;
        if version != 2 && version != 3 {
            return Err(c.bad("version", format!("version {version}; versions 2 and 3 can be read")));
        }
        // The least a tensor's entry takes: name length, dimensions, type, offset.
        let tensors = c.count("tensors", 8 + 4 + 4 + 8).await?;
        // Key length, type, one byte.
        let pairs = c.count("metadata entries", 8 + 4 + 1).await?;
        let mut meta = Meta::default();
        for _ in 0..pairs {
            let key = c.text("a metadata key").await?;
            let kind = c.u32().await?;
            let value = value(&mut c, &key, kind).await?;
            if !meta.insert(key.clone(), value) {
                return Err(c.bad("twice", format!("the key '{key}' comes twice")));
            }
        }
        let tensors = index(&mut c, &meta, tensors).await?;
        for t in &tensors {
            inside(source, t.at, t.bytes)
                .map_err(|e| Error::new(e.code, format!("tensor '{}': {}", t.name, e.what), e.hint))?;
        }
        apart(tensors.iter().map(Tensor::place))?;
        Ok(Gguf { version, meta, tensors })
    }
}

async fn index(c: &mut Cursor<'_>, meta: &Meta, count: u64) -> Result<Vec<Tensor>, Error> {
    let mut tensors: Vec<Tensor> = vec![];
    for _ in 0..count {
        let name = c.text("a tensor's name").await?;
        let dimensions = c.u32().await?;
        if dimensions > DIMENSIONS {
            return Err(
                c.bad("shape", format!("tensor '{name}' has {dimensions} dimensions, {DIMENSIONS} are possible"))
            );
        }
        let mut shape = vec![];
        for _ in 0..dimensions {
            shape.push(c.u64().await?);
        }
        // In the file the contiguous dimension comes first.
        shape.reverse();
        let id = c.u32().await?;
        let kind = Kind::from_ggml(id).ok_or_else(|| {
            Error::new(
                "kind",
                format!("tensor '{name}' is of block type {id}, which Squint cannot read"),
                format!("use a file in one of {}", Kind::of_weights()),
            )
        })?;
        let bytes = measure(&name, kind, &shape)?;
        let at = c.u64().await?;
        tensors.push(Tensor { name, kind, shape: shape.iter().map(|d| *d as usize).collect(), at, bytes });
    }
    let align = meta.uint("general.alignment").unwrap_or(32);
    if align == 0 || align > 1 << 20 {
        return Err(c.bad("alignment", format!("an alignment of {align} bytes")));
    }
    let data = c.at().div_ceil(align) * align;
    let mut names: Vec<&str> = tensors.iter().map(|t| t.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|p| p[0] == p[1]) {
        return Err(c.bad("twice", format!("the tensor '{}' comes twice", pair[0])));
    }
    for t in &mut tensors {
        if !t.at.is_multiple_of(align) {
            return Err(c.bad("alignment", format!("tensor '{}' at {} is not aligned to {align}", t.name, t.at)));
        }
        t.at = t.at.checked_add(data).ok_or_else(|| c.bad("offset", format!("tensor '{}' at {}", t.name, t.at)))?;
    }
    Ok(tensors)
}

const TEXT: u32 = 8;
const LIST: u32 = 9;

/// Bytes of a value of type `kind`; none for texts and lists, which say their length.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

async fn value(c: &mut Cursor<'_>, key: &str, kind: u32) -> Result<Value, Error> {
    if let Some(size) = size(kind) {
        return Ok(Value::Number(number(kind, &c.bytes(size).await?)));
    }
    match kind {
        TEXT => Ok(Value::Text(c.text(&format!("the text of '{key}'")).await?)),
        LIST => list(c, key).await.map(Value::List),
        _ => Err(c.bad("value", format!("'{key}' has a value of unknown type {kind}"))),
    }
}

async fn list(c: &mut Cursor<'_>, key: &str) -> Result<List, Error> {
    let kind = c.u32().await?;
    if kind == TEXT {
        let count = c.count(&format!("texts in '{key}'"), 8).await?;
        let mut list = List::default();
        for _ in 0..count {
            list.push_text(&c.text(&format!("a text of '{key}'")).await?);
        }
        return Ok(list);
    }
    let Some(size) = size(kind) else {
        return Err(c.bad("value", format!("'{key}' is a list of type {kind}, which cannot be read")));
    };
    let count = c.count(&format!("values in '{key}'"), size).await?;
    Ok(List::numbers(kind, c.bytes(count * size).await?))
}

/// A number of a GGUF type from its bytes.
pub fn number(kind: u32, b: &[u8]) -> f64 {
    let word = b.iter().rev().fold(0u64, |w, b| w << 8 | *b as u64);
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
