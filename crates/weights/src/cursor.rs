//! Reads a header piece by piece through a small window. Every length is checked against what is left before anything is
//! allocated for it.

use crate::{Error, Source, source::inside};
use std::fmt::Arguments;

/// Bytes fetched at a time: of a large file so many, of a small one a small share of it. A header of a language model is a
/// few MB, most of it the vocabulary.
const WINDOW: u64 = 64 * 1024;
const SHARE: u64 = 16;

pub struct Cursor<'a> {
    source: &'a dyn Source,
    at: u64,
    end: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(source: &'a dyn Source, at: u64) -> Cursor<'a> {
        Cursor { source, at, end: source.size(), window: vec![], window_at: at }
    }

    pub fn at(&self) -> u64 {
        self.at
    }
    /// Bytes up to the end of what may be read.
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }
    /// Goes on at another byte.
    pub fn go(&mut self, at: u64) {
        self.at = at;
    }
    /// Nothing from byte `end` on is to be read.
    pub fn stop(&mut self, end: u64) {
        self.end = end.min(self.source.size());
    }

    fn window(&self) -> u64 {
        (self.source.size() / SHARE).clamp(64, WINDOW)
    }

    /// What is left of the window, fetched anew where that is nothing; nothing at the end.
    pub async fn ahead(&mut self) -> Result<&[u8], Error> {
        let fetched = self.window_at..self.window_at + self.window.len() as u64;
        if !fetched.contains(&self.at) {
            self.fetch().await?;
        }
        let ahead = &self.window[(self.at - self.window_at) as usize..];
        Ok(&ahead[..ahead.len().min(self.left() as usize)])
    }

    async fn fetch(&mut self) -> Result<(), Error> {
        self.window.resize(self.left().min(self.window()) as usize, 0);
        self.window_at = self.at;
        self.source.read(self.at, &mut self.window).await
    }

    /// `len` bytes, which must be there.
    pub async fn bytes(&mut self, len: u64) -> Result<Vec<u8>, Error> {
        inside(self.source, self.at, len)?;
        let mut out = vec![0; len as usize];
        if len > self.window() {
            self.source.read(self.at, &mut out).await?;
            self.at += len;
            return Ok(out);
        }
        let end = self.at + len;
        if self.at < self.window_at || end > self.window_at + self.window.len() as u64 {
            self.fetch().await?;
        }
        out.copy_from_slice(&self.window[(self.at - self.window_at) as usize..][..len as usize]);
        self.at = end;
        Ok(out)
    }

    /// Past `len` bytes, which must be there.
    pub fn skip(&mut self, len: u64) -> Result<(), Error> {
        inside(self.source, self.at, len)?;
        self.at += len;
        Ok(())
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
    pub async fn count(&mut self, what: Arguments<'_>, each: u64) -> Result<u64, Error> {
        let n = self.u64().await?;
        if n.checked_mul(each).is_none_or(|bytes| bytes > self.left()) {
            return Err(self.bad("count", format!("{n} {what} cannot be in the {} bytes left", self.left())));
        }
        Ok(n)
    }

    pub async fn text(&mut self, what: &str) -> Result<String, Error> {
        let len = self.count(format_args!("bytes of {what}"), 1).await?;
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
