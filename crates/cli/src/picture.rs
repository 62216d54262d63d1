//! Picture files that commands are given.

use squint_engine::picture::{Picture, decode};
use squint_ops::Error;
use squint_weights::{source::File, source::Source, source::inside};
use std::path::{Path, PathBuf};

/// Largest file of a picture.
const MOST: u64 = 1 << 28;

pub async fn open(path: &Path) -> Result<Picture, Error> {
    let file = File::open(path)?;
    if file.size() > MOST {
        let what = format!("'{}' has {} bytes; {MOST} are possible", file.name(), file.size());
        return Err(Error::new("size", what, "make the picture smaller"));
    }
    inside(&file, 0, file.size())?;
    let mut bytes = vec![0; file.size() as usize];
    file.read(0, &mut bytes).await?;
    decode(file.name(), &bytes)
}

pub async fn open_all(paths: &[PathBuf]) -> Result<Vec<Picture>, Error> {
    let mut all = vec![];
    for path in paths {
        all.push(open(path).await?);
    }
    Ok(all)
}
