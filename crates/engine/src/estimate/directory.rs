//! A directory before its weights are there: its configuration, and what a preprocessor's says of pictures.

use super::Of;
use crate::picture::{Preprocess, Tiles};
use squint_ops::Error;
use squint_weights::{Facts, Source, checkpoint};

pub struct Directory {
    facts: Facts,
    /// Of the square that pictures become; none where it does not say so.
    edge: Option<usize>,
    tiles: Option<Tiles>,
}

impl Directory {
    /// `beside` has the other files by name.
    pub async fn read(config: &dyn Source, beside: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Directory, Error> {
        let facts = Facts::Hf(checkpoint::json(config).await?);
        let said = Preprocess::among(beside, &facts)?;
        let size = said.as_ref().and_then(Preprocess::size);
        let edge = size.filter(|size| size.height == size.width).map(|size| size.height);
        Ok(Directory { facts, edge, tiles: said.and_then(|preprocess| preprocess.tiles) })
    }

    pub fn of(&self) -> Of<'_> {
        Of::Directory { facts: &self.facts, edge: self.edge, tiles: self.tiles }
    }
}
