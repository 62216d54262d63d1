//! Where pictures stand in a prompt: places in its text become tokens, one for each row, and these the rows themselves.

use crate::picture::{Expansion, IMAGE, Showing, Views};
use crate::sight::preprocess;
use crate::words::{Prompt, Words};
use squint_models::vlm::Parts;
use squint_ops::Error;
use squint_weights::Checkpoint;
use std::ops::Range;

pub struct Marks {
    expansion: Expansion,
    /// The token that stands for a row.
    mark: u32,
    /// It is none that a tokenizer could make of text: what stands between pictures has ids of its own.
    apart: bool,
}

impl Marks {
    /// As a checkpoint and the files beside it say; none where it cannot see.
    pub fn of(checkpoint: &Checkpoint, showing: Showing) -> Result<Option<Marks>, Error> {
        let Some(parts) = Parts::inside(checkpoint)? else { return Ok(None) };
        let expansion = match Expansion::of(checkpoint)? {
            Some(expansion) => expansion,
            // Older files leave it to the model, and those of llama.cpp to its code.
            None => {
                let preprocess = preprocess(checkpoint, &parts)?.showing(showing)?;
                let image = preprocess.size().unwrap_or(parts.vision.sizes.image);
                let rows = (parts.projector.read)(&checkpoint.eye().facts, &parts.ends(image))?.tokens();
                if preprocess.tiles.is_some() { Expansion::Tiles { rows } } else { Expansion::Rows(rows) }
            }
        };
        Ok(Some(Marks { expansion, mark: parts.mark, apart: parts.apart }))
    }

    /// Ids of a prompt, with a mark for each row of each picture.
    pub fn ids(
        &self,
        words: &Words,
        prompt: &Prompt,
        pictures: &[Views],
        now: Option<i64>,
        room: usize,
    ) -> Result<Vec<u32>, Error> {
        words.ids_of(prompt, now, room, |text| self.pieces(text, pictures))
    }

    fn pieces(&self, text: &str, pictures: &[Views]) -> Result<Vec<(String, Vec<u32>)>, Error> {
        let expanded = self.expansion.expand(text, pictures)?;
        if !self.apart {
            return Ok(vec![(expanded, vec![])]);
        }
        let rows = pictures.iter().map(|picture| self.expansion.of_views(picture).matches(IMAGE).count());
        let marks = rows.map(|n| vec![self.mark; n]).chain([vec![]]);
        Ok(text.split(IMAGE).map(str::to_owned).zip(marks).collect())
    }

    /// The same ids, with the numbers of rows in place of marks: what a session is given.
    pub fn placed(&self, ids: &[u32], rows: Range<u32>) -> Result<Vec<u32>, Error> {
        let count = ids.iter().filter(|id| **id == self.mark).count();
        if count != rows.len() {
            let what = format!("the prompt has places for {count} rows of pictures, and there are {}", rows.len());
            let hint = format!("give as many pictures as it was written for, the token {} for each row", self.mark);
            return Err(Error::new("prompt", what, hint));
        }
        let mut numbers = rows;
        Ok(ids.iter().map(|id| if *id == self.mark { numbers.next().unwrap_or(*id) } else { *id }).collect())
    }
}
