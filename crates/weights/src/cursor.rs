//! Reads a header piece by piece through a small window. Every length is checked against what is left of the file
//! before anything is allocated for it.

use crate::{Error, Source, source::inside};

/// Bytes fetched at a time: a header of a language model is a few MB, most of it the vocabulary.
const WINDOW: usize = 64 * 1024;

pub struct Cursor<'a> {
    source: &'a dyn Source,
    at: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(source: &'a dyn Source, at: u64) -> Cursor<'a> {
        Cursor { source, at, window: vec![], window_at: at }
    }

    pub fn at(&self) -> u64 {
        self.at
    }
    pub fn left(&self) -> u64 {
        self.source.size().saturating_sub(self.at)
    }

    /// `len` bytes, which must be there.
    pub async fn bytes(&mut self, len: u64) -> Result<Vec<u8>, Error> {
        inside(self.source, self.at, len)?;
        let mut out = vec![0; len as usize];
        if len as usize > WINDOW {
            self.source.read(self.at, &mut out).await?;
            self.at += len;
            return Ok(out);
        }
        let end = self.at + len;
        if self.at < self.window_at || end > self.window_at + self.window.len() as u64 {
            self.window.resize(self.left().min(WINDOW as u64) as usize, 0);
            self.window_at = self.at;
            self.source.read(self.at, &mut self.window).await?;
        }
        out.copy_from_slice(&self.window[(self.at - self.window_at) as usize..][..len as usize]);
        self.at = end;
        Ok(out)
    }

    pub async fn u32(&mut self) -> Result<u32, Error> {
        let b = self.bytes(4).await?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    pub async fn u64(&mut self) -> Result<u64, Error> {
        let b = self.bytes(8).await?;
        Ok(u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
    }

    /// A count of things of at least `each` bytes; more than fit into the rest of the file is nonsense.
    pub async fn count(&mut self, what: &str, each: u64) -> Result<u64, Error> {
        let n = self.u64().await?;
        if n.checked_mul(each).is_none_or(|bytes| bytes > self.left()) {
            return Err(self.bad("count", format!("{n} {what} cannot be in the {} bytes left", self.left())));
        }
        Ok(n)
    }

    pub async fn text(&mut self, what: &str) -> Result<String, Error> {
        let len = self.count(&format!("bytes of {what}"), 1).await?;
        let bytes = self.bytes(len).await?;
        String::from_utf8(bytes).map_err(|_| self.bad("text", format!("{what} is not UTF-8")))
    }

    /// An error of this file, with the place.
    pub fn bad(&self, code: &'static str, what: String) -> Error {
        Error::new(
            code,
            format!("'{}', before byte {}: {what}", self.source.name(), self.at),
            "the file is damaged or not what its name says: get it again",
        )
    }
}
