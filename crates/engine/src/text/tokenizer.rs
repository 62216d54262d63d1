//! What the engine needs of a tokenizer, whatever it was made from.

use super::{Decoder, spelling::Spelling};
use squint_weights::Error;
use std::sync::Arc;

/// Cheap to clone: the tables are shared.
#[derive(Clone)]
pub struct Tokenizer {
    tables: Arc<Tables>,
    roles: Roles,
}

struct Tables {
    library: tokenizers::Tokenizer,
    spelling: Spelling,
    /// Ids that `encode` puts around a text when asked for specials, where the library's post-processor does not.
    around: (Vec<u32>, Vec<u32>),
    /// Bytes of the longest token.
    longest: usize,
}

/// Tokens with a meaning for the engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    pub ends: Vec<u32>,
}

/// Special tokens that end a turn in the families that have them. Files often name only one of the several ends a model
/// was taught, and a missed end is an answer that never stops.
const ENDS: &[&str] = &[
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "<|EOT|>",
    "<｜end▁of▁sentence｜>",
    "</s>",
    "<eos>",
];

impl Tokenizer {
    pub(super) fn new(
        library: tokenizers::Tokenizer,
        spelling: Spelling,
        around: (Vec<u32>, Vec<u32>),
        roles: Roles,
    ) -> Tokenizer {
        let tokens = 0..library.get_vocab_size(true) as u32;
        let longest = tokens.filter_map(|id| Some(spelling.bytes(&library.id_to_token(id)?, false).len())).max();
        let tables = Tables { library, spelling, around, longest: longest.unwrap_or(1) };
        let mut made = Tokenizer { tables: Arc::new(tables), roles };
        let named: Vec<u32> = ENDS.iter().filter_map(|e| made.id_of(e)).filter(|id| made.is_special(*id)).collect();
        made.add_ends(made.roles.eos.into_iter().chain(named).collect());
        made
    }

    pub(super) fn roles(&mut self) -> &mut Roles {
        &mut self.roles
    }

    pub(super) fn add_ends(&mut self, ids: Vec<u32>) {
        self.roles.ends.extend(ids);
        self.roles.ends.sort_unstable();
        self.roles.ends.dedup();
    }

    /// Ids of a text. Special tokens written in it are recognised; with `specials` the tokenizer's own frame (a first
    /// token, rarely a last) goes around it.
    pub fn encode(&self, text: &str, specials: bool) -> Result<Vec<u32>, Error> {
        let encoding = self.tables.library.encode_fast(text, specials).map_err(|e| {
            Error::new("tokenizer", format!("the tokenizer cannot encode this text: {e}"), "use another tokenizer file")
        })?;
        if !specials {
            return Ok(encoding.get_ids().to_vec());
        }
        let (before, after) = &self.tables.around;
        Ok([before, encoding.get_ids(), after].concat())
    }

    /// Bytes of the longest token: a text of many more bytes has many more tokens than one.
    pub fn longest(&self) -> usize {
        self.tables.longest
    }

    /// The text of ids. Ids without a token add nothing: models pad their vocabularies.
    pub fn decode(&self, ids: &[u32], skip_specials: bool) -> String {
        let mut decoder = Decoder::new(self, skip_specials);
        let mut text: String = ids.iter().filter_map(|id| decoder.push(*id)).collect();
        text.extend(decoder.flush());
        text
    }

    /// The id of a token as the vocabulary writes it.
    pub fn id_of(&self, token: &str) -> Option<u32> {
        self.tables.library.token_to_id(token)
    }

    /// A token as the vocabulary writes it.
    pub fn token_of(&self, id: u32) -> Option<String> {
        self.tables.library.id_to_token(id)
    }

    /// How many tokens there are, added ones included.
    pub fn vocab_size(&self) -> usize {
        self.tables.library.get_vocab_size(true)
    }

    /// Whether a token is a mark of the format and not text.
    pub fn is_special(&self, id: u32) -> bool {
        let added = self.tables.library.get_added_vocabulary().get_added_tokens_decoder();
        added.get(&id).is_some_and(|t| t.special)
    }

    /// The token a text begins with, where the files name one.
    pub fn bos(&self) -> Option<u32> {
        self.roles.bos
    }

    /// The token a text ends with, where the files name one.
    pub fn eos(&self) -> Option<u32> {
        self.roles.eos
    }

    /// Every token after which generation stops, ascending.
    pub fn ends(&self) -> &[u32] {
        &self.roles.ends
    }

    pub(super) fn spelling(&self) -> &Spelling {
        &self.tables.spelling
    }
}
