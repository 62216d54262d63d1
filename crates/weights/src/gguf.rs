//! GGUF: magic, counts, metadata, tensor index, then the data. Versions 2 and 3, little endian.
//!
//! Metadata and index are walked over before they are read: then it is known how many there really are, and nothing is
//! allocated that a count only promises, nor twice because a list grows.

use crate::meta::{LIST, Meta, TEXT, short, size};
use crate::tensor::{Tensor, apart, each_once, measure};
use crate::{Error, Kind, Source, cursor::Cursor, source::inside};

#[derive(Debug)]
pub struct Gguf {
    pub version: u32,
    pub meta: Meta,
    /// By name.
    pub tensors: Vec<Tensor>,
}

/// Tensors have at most four dimensions.
const DIMENSIONS: u32 = 4;
/// Where a file says nothing.
const ALIGNMENT: u64 = 32;

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
        let tensors = c.count(format_args!("tensors"), 8 + 4 + 4 + 8).await?;
        // Key length, type, one byte.
        let pairs = c.count(format_args!("metadata entries"), 8 + 4 + 1).await?;
        let start = c.at();
        for _ in 0..pairs {
            pair(&mut c).await?;
        }
        let len = c.at() - start;
        c.go(start);
        let meta = Meta::read(source.name(), c.bytes(len).await?, pairs as usize)?;
        let tensors = index(&mut c, &meta, tensors).await?;
        for t in &tensors {
            inside(source, t.at, t.bytes)
                .map_err(|e| Error::new(e.code, format!("tensor '{}': {}", t.name, e.what), e.hint))?;
        }
        let tensors = each_once(apart(tensors)?).map_err(|name| c.bad("twice", format!("{name} comes twice")))?;
        Ok(Gguf { version, meta, tensors })
    }
}

/// Past a key and its value.
async fn pair(c: &mut Cursor<'_>) -> Result<(), Error> {
    let key = short(&c.text("a metadata key").await?);
    match c.u32().await? {
        TEXT => text(c, &key).await,
        LIST => list(c, &key).await,
        kind => match size(kind) {
            Some(size) => c.skip(size),
            None => Err(c.bad("value", format!("'{key}' has a value of unknown type {kind}"))),
        },
    }
}

async fn text(c: &mut Cursor<'_>, key: &str) -> Result<(), Error> {
    let len = c.count(format_args!("bytes of a text of '{key}'"), 1).await?;
    c.skip(len)
}

async fn list(c: &mut Cursor<'_>, key: &str) -> Result<(), Error> {
    let kind = c.u32().await?;
    if kind == TEXT {
        for _ in 0..c.count(format_args!("texts in '{key}'"), 8).await? {
            text(c, key).await?;
        }
        return Ok(());
    }
    let Some(size) = size(kind) else {
        return Err(c.bad("value", format!("'{key}' is a list of type {kind}, which cannot be read")));
    };
    let count = c.count(format_args!("values in '{key}'"), size).await?;
    c.skip(count * size)
}

async fn index(c: &mut Cursor<'_>, meta: &Meta, count: u64) -> Result<Vec<Tensor>, Error> {
    let start = c.at();
    for _ in 0..count {
        entry(c).await?;
    }
    let align = meta.uint("general.alignment")?.unwrap_or(ALIGNMENT);
    if !align.is_power_of_two() || align > 1 << 20 {
        return Err(c.bad("alignment", format!("an alignment of {align} bytes; powers of two are possible")));
    }
    let data = c.at().next_multiple_of(align);
    c.go(start);
    let mut tensors = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let t = entry(c).await?;
        if !t.at.is_multiple_of(align) {
            return Err(c.bad("alignment", format!("tensor '{}' at {} is not aligned to {align}", t.name, t.at)));
        }
        let at = t.at.checked_add(data).ok_or_else(|| c.bad("offset", format!("tensor '{}' at {}", t.name, t.at)))?;
        tensors.push(Tensor { at, ..t });
    }
    Ok(tensors)
}

/// A tensor; its first byte from the start of the data.
async fn entry(c: &mut Cursor<'_>) -> Result<Tensor, Error> {
    let name = c.text("a tensor's name").await?;
    let dimensions = c.u32().await?;
    if dimensions > DIMENSIONS {
        return Err(c.bad("shape", format!("tensor '{name}' has {dimensions} dimensions, {DIMENSIONS} are possible")));
    }
    let mut shape = [0; DIMENSIONS as usize];
    let shape = &mut shape[..dimensions as usize];
    // In the file the contiguous dimension comes first.
    for d in shape.iter_mut().rev() {
        *d = c.u64().await?;
    }
    let id = c.u32().await?;
    let kind = Kind::from_ggml(id).ok_or_else(|| {
        Error::new(
            "kind",
            format!("tensor '{name}' is of block type {id}, which Squint cannot read"),
            format!("use a file in one of {}", Kind::of_weights()),
        )
    })?;
    let bytes = measure(&name, kind, shape)?;
    let at = c.u64().await?;
    Ok(Tensor { name: name.into(), kind, shape: shape.iter().map(|d| *d as usize).collect(), at, bytes })
}
