//! Ids to text as they come. A token may hold part of a character; it waits here for the rest.

use super::Tokenizer;

/// What `push` returns, in order, and then `flush`, is exactly what `Tokenizer::decode` makes of all ids at once.
pub struct Decoder {
    tokenizer: Tokenizer,
    skip_specials: bool,
    /// No token has come yet.
    first: bool,
    /// Spaces still to be dropped from the beginning.
    lead: usize,
    /// Bytes that are not whole characters yet.
    waiting: Vec<u8>,
}

impl Decoder {
    pub fn new(tokenizer: &Tokenizer, skip_specials: bool) -> Decoder {
        let lead = tokenizer.spelling().lead;
        Decoder { tokenizer: tokenizer.clone(), skip_specials, first: true, lead, waiting: vec![] }
    }

    /// The characters that are complete with this token; none where it completes nothing.
    pub fn push(&mut self, id: u32) -> Option<String> {
        if self.skip_specials && self.tokenizer.is_special(id) {
            return None;
        }
        let token = self.tokenizer.token_of(id)?;
        let bytes = self.tokenizer.spelling().bytes(&token, self.first);
        self.first = false;
        let spaces = bytes.iter().take(self.lead).take_while(|b| **b == b' ').count();
        self.lead = if spaces == bytes.len() { self.lead - spaces } else { 0 };
        self.waiting.extend_from_slice(&bytes[spaces..]);
        some(self.take_whole())
    }

    /// What is left: bytes that never became a character, as U+FFFD.
    pub fn flush(&mut self) -> Option<String> {
        some(String::from_utf8_lossy(&std::mem::take(&mut self.waiting)).into_owned())
    }

    fn take_whole(&mut self) -> String {
        // Only a character cut off at the very end may still become whole; it has at most three bytes.
        let cut = self.waiting.utf8_chunks().last().map_or(0, |c| match std::str::from_utf8(c.invalid()) {
            Err(e) if e.error_len().is_none() => c.invalid().len(),
            _ => 0,
        });
        let rest = self.waiting.split_off(self.waiting.len() - cut);
        let whole = std::mem::replace(&mut self.waiting, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
