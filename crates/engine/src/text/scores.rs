//! Merges of a SentencePiece vocabulary, which has only scores: a piece is made from any two pieces that spell it, and
//! the better its score, the earlier.

use squint_weights::Error;
use std::collections::HashMap;

/// No vocabulary has pieces near this length; splitting such a piece at every place would take for ever.
const LONGEST: usize = 512;

/// Pairs in the order in which they merge. `rank` of a token: higher is earlier; none of one that is no piece: marks and
/// bytes are never spelled by others, even where a text reads like their names.
pub(super) fn merges(tokens: &[String], rank: impl Fn(usize) -> Option<f64>) -> Result<Vec<(String, String)>, Error> {
    let pieces = tokens.iter().enumerate().filter(|(id, _)| rank(*id).is_some());
    let known: HashMap<&str, usize> = pieces.map(|(id, t)| (t.as_str(), id)).collect();
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
        let Some(rank) = rank(id).filter(|_| known.get(token.as_str()) == Some(&id)) else { continue };
        let places = token.char_indices().skip(1);
        let mut splits: Vec<_> = places
            .enumerate()
            .filter_map(|(before, (at, _))| Some((before + 1, *known.get(&token[..at])?, *known.get(&token[at..])?)))
            .collect();
        splits.sort_by_key(|(_, left, right)| (*left, *right));
        found.extend(splits.into_iter().map(|(chars, left, right)| (rank, chars, left, right)));
    }
    // Of equal ranks those with the longer left half first; the lengths of the right halves follow from that.
    let right = |id: usize| tokens[id].chars().count();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then_with(|| right(b.3).cmp(&right(a.3))));
    Ok(found.into_iter().map(|(_, _, left, right)| (tokens[left].clone(), tokens[right].clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_weights::{Gguf, source::File};

    #[test]
    fn merges_are_those_that_transformers_derives() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tokens");
        let meta = pollster::block_on(Gguf::read(&File::open(&folder.join("pieces.gguf")).unwrap())).unwrap().meta;
        let tokens: Vec<String> =
            meta.texts("tokenizer.ggml.tokens").unwrap().unwrap().texts().map(str::to_owned).collect();
        let scores: Vec<f64> = meta.numbers("tokenizer.ggml.scores").unwrap().unwrap().iter().collect();
        let json = std::fs::read(folder.join("pieces.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let want: Vec<(String, String)> = serde_json::from_value(json["model"]["merges"].clone()).unwrap();
        let got = merges(&tokens, |id| Some(scores[id])).unwrap();
        assert!(got.len() > 300);
        assert_eq!(got, want);
    }
}
