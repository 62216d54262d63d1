//! Where bytes come from: a file, memory, a server. Read by ranges; nobody loads a whole file to see its head.

use crate::Error;
use std::{future::Future, pin::Pin, rc::Rc};

/// A future that stays on its thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

pub trait Source {
    /// For messages: a file name or an address.
    fn name(&self) -> &str;
    fn size(&self) -> u64;
    /// Fills `into` from byte `at` on. Asking beyond the end is an error.
    fn read<'a>(&'a self, at: u64, into: &'a mut [u8]) -> Local<'a, ()>;
}

/// A range that is inside the source, or an error that says by how much it is not.
pub fn inside(source: &dyn Source, at: u64, len: u64) -> Result<(), Error> {
    match at.checked_add(len) {
        Some(end) if end <= source.size() => Ok(()),
        _ => Err(Error::new(
            "truncated",
            format!("'{}' ends at byte {}, but {len} bytes at {at} are needed", source.name(), source.size()),
            "the file is cut short or damaged: get it again",
        )),
    }
}

/// Bytes already in memory.
#[derive(Clone)]
pub struct Memory {
    name: String,
    bytes: Rc<[u8]>,
}

impl Memory {
    pub fn new(name: impl Into<String>, bytes: impl Into<Rc<[u8]>>) -> Memory {
        Memory { name: name.into(), bytes: bytes.into() }
    }
}

impl Source for Memory {
    fn name(&self) -> &str {
        &self.name
    }
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn read<'a>(&'a self, at: u64, into: &'a mut [u8]) -> Local<'a, ()> {
        Box::pin(async move {
            inside(self, at, into.len() as u64)?;
            into.copy_from_slice(&self.bytes[at as usize..][..into.len()]);
            Ok(())
        })
    }
}

/// A file on disk.
#[cfg(not(target_arch = "wasm32"))]
pub struct File {
    name: String,
    file: std::cell::RefCell<std::fs::File>,
    size: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl File {
    pub fn open(path: &std::path::Path) -> Result<File, Error> {
        let name = path.display().to_string();
        let trouble = |e| Error::new("file", format!("'{name}' cannot be opened: {e}"), "check the path");
        let file = std::fs::File::open(path).map_err(trouble)?;
        let about = file.metadata().map_err(trouble)?;
        if !about.is_file() {
            return Err(Error::new("file", format!("'{name}' is no plain file"), "check the path"));
        }
        let size = about.len();
        Ok(File { name, file: file.into(), size })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Source for File {
    fn name(&self) -> &str {
        &self.name
    }
    fn size(&self) -> u64 {
        self.size
    }
    fn read<'a>(&'a self, at: u64, into: &'a mut [u8]) -> Local<'a, ()> {
        use std::io::{Read, Seek, SeekFrom};
        Box::pin(async move {
            inside(self, at, into.len() as u64)?;
            let mut file = self.file.borrow_mut();
            let done = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(into));
            done.map_err(|e| Error::new("file", format!("'{}' cannot be read: {e}", self.name), "check the disk"))
        })
    }
}
