//! Merges of a SentencePiece vocabulary, which has only scores: a piece is made from any two pieces that spell it, and
//! the better its score, the earlier.

use squint_weights::Error;
use std::collections::HashMap;

/// No vocabulary has pieces near this length; splitting such a piece at every place would take for ever.
const LONGEST: usize = 512;

/// Pairs in the order in which they merge. `rank` of a token: higher is earlier.
pub(super) fn merges(tokens: &[String], rank: impl Fn(usize) -> f64) -> Result<Vec<(String, String)>, Error> {
    let known: HashMap<&str, usize> = tokens.iter().enumerate().map(|(id, t)| (t.as_str(), id)).collect();
    let mut found = vec![];
    for (id, token) in tokens.iter().enumerate() {
        if token.len() > LONGEST {
            return Err(Error::new(
                "tokenizer",
                format!("token {id} of tokenizer.ggml.tokens is {} bytes long, {LONGEST} are possible", token.len()),
                "the file is damaged, or its tokenizer is not of the model it names",
            ));
        }
        // A text that comes twice counts once, as its last id.
        if known.get(token.as_str()) != Some(&id) {
            continue;
        }
        let places = token.char_indices().skip(1);
        let mut splits: Vec<_> = places
            .enumerate()
            .filter_map(|(before, (at, _))| Some((before + 1, *known.get(&token[..at])?, *known.get(&token[at..])?)))
            .collect();
        splits.sort_by_key(|(_, left, right)| (*left, *right));
        found.extend(splits.into_iter().map(|(chars, left, right)| (rank(id), chars, left, right)));
    }
    // Of equal ranks those with the longer left half first; the lengths of the right halves follow from that.
    let right = |id: usize| tokens[id].chars().count();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then_with(|| right(b.3).cmp(&right(a.3))));
    Ok(found.into_iter().map(|(_, _, left, right)| (tokens[left].clone(), tokens[right].clone())).collect())
}
