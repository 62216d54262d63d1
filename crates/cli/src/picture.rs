//! Picture files that commands are given.

use squint_engine::Host;
use squint_engine::picture::{Picture, Showing, decode};
use squint_ops::Error;
use squint_weights::{source::File, source::Source, source::inside};
use std::path::{Path, PathBuf};

/// How pictures are shown to an encoder.
#[derive(clap::Args)]
pub struct Shows {
    /// Edge of what the encoder is shown, in pixels, or of the longer side before a picture is cut into tiles; without it,
    /// as the preprocessor's configuration says
    #[arg(long, requires = "image")]
    pub resolution: Option<usize>,
    /// Show all of a picture at once, where the model would cut it into tiles
    #[arg(long, requires = "image")]
    whole: bool,
}

impl Shows {
    pub fn showing(&self) -> Showing {
        Showing { resolution: self.resolution, whole: self.whole }
    }
}

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
    decode(file.name(), &bytes, &Host::native()).await
}

pub async fn open_all(paths: &[PathBuf]) -> Result<Vec<Picture>, Error> {
    let mut all = vec![];
    for path in paths {
        all.push(open(path).await?);
    }
    Ok(all)
}
