//! Files of llama.cpp have the two tables of longrope as tensors: they are read before anything is recorded, because which
//! one turns a text is known only when the text is there. llama.cpp chooses by the context's size instead.

use crate::weights::numbers;
use squint_models::{Named, rope};
use squint_nn::decoder::Decoder;
use squint_nn::{Catalog, Turns};
use squint_ops::Error;

/// Both, where the file has them: what pairs turn slower by in short texts, and in long ones.
const TABLES: [&str; 2] = ["rope.short", "rope.long"];

/// The same sizes, with pairs turned by the file's tables where it has any.
pub async fn stretched(names: &Named<'_>, sizes: Decoder) -> Result<Decoder, Error> {
    let Turns::Always(plain) = &sizes.turns else { return Ok(sizes) };
    let mut by = [vec![], vec![]];
    for (name, by) in TABLES.iter().zip(&mut by) {
        if names.kind(name, &[plain.len()])?.is_some() {
            *by = numbers(names, name).await?;
        }
    }
    let turns = match by {
        [short, long] if short.is_empty() && long.is_empty() => return Ok(sizes),
        [short, long] if short.is_empty() || long.is_empty() => {
            let lost = names.published(TABLES[short.is_empty() as usize ^ 1]);
            let what = format!("the file has one table of stretched positions and lacks {lost}");
            return Err(Error::new("missing", what, "the file is cut: get it again"));
        }
        by => rope::from_tensors(&names.checkpoint.facts, plain, by, sizes.context)?,
    };
    Ok(Decoder { turns, ..sizes })
}
