//! How a vocabulary writes bytes. Decoding token by token needs this in one piece, so the decoders that language models
//! use are read into one description, and any other is refused.

use serde_json::Value;
use squint_weights::Error;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Spelling {
    /// Every character of a token stands for one byte (`Ġ` is a space).
    byte_alphabet: bool,
    /// `<0x0A>` is that byte.
    byte_tokens: bool,
    /// What to write instead of what, in order.
    replace: Vec<(String, String)>,
    /// This character is a space, and nothing at all in the first token.
    metaspace: Option<char>,
    /// How many spaces at the beginning of a text do not belong to it.
    pub lead: usize,
}

impl Spelling {
    pub fn byte_level() -> Spelling {
        Spelling { byte_alphabet: true, ..Spelling::default() }
    }

    /// SentencePiece: `▁` for a space, byte tokens for what has no token.
    pub fn pieces(space_prefix: bool) -> Spelling {
        let replace = vec![("▁".to_owned(), " ".to_owned())];
        Spelling { byte_tokens: true, replace, lead: space_prefix as usize, ..Spelling::default() }
    }

    /// The `decoder` of a tokenizer.json.
    pub fn read(decoder: &Value) -> Result<Spelling, Error> {
        let mut spelling = Spelling::default();
        let steps = match decoder["decoders"].as_array() {
            Some(steps) => steps.iter().collect(),
            None => vec![decoder],
        };
        let mut fused = false;
        for step in steps {
            let known = match step["type"].as_str().unwrap_or("none") {
                "ByteLevel" => {
                    spelling.byte_alphabet = true;
                    true
                }
                "ByteFallback" => {
                    spelling.byte_tokens = true;
                    true
                }
                "Fuse" => {
                    fused = true;
                    true
                }
                "Replace" => spelling.read_replace(step),
                "Metaspace" => spelling.read_metaspace(step),
                // After the tokens are fused it is the text that is stripped, before it would be each token.
                "Strip" => fused && spelling.read_strip(step),
                _ => false,
            };
            if !known {
                let mut shown = step.to_string();
                shown.truncate(shown.floor_char_boundary(120));
                return Err(Error::new(
                    "tokenizer",
                    format!("the decoder {shown} of tokenizer.json is not one Squint can run token by token"),
                    "use the tokenizer.json of a language model: ByteLevel, Metaspace, or Replace with ByteFallback",
                ));
            }
        }
        Ok(spelling)
    }

    fn read_replace(&mut self, step: &Value) -> bool {
        let (Some(from), Some(to)) = (step["pattern"]["String"].as_str(), step["content"].as_str()) else {
            return false;
        };
        self.replace.push((from.to_owned(), to.to_owned()));
        !from.is_empty()
    }

    fn read_metaspace(&mut self, step: &Value) -> bool {
        let mark = step["replacement"].as_str().and_then(|r| r.chars().next());
        // Older files have a flag where newer ones have a scheme.
        let prefixed = match step["prepend_scheme"].as_str() {
            Some(scheme) => scheme != "never",
            None => step["add_prefix_space"].as_bool().unwrap_or(true),
        };
        match (mark, prefixed) {
            (Some(mark), true) => self.metaspace = Some(mark),
            (Some(mark), false) => self.replace.push((mark.into(), " ".into())),
            (None, _) => {}
        }
        mark.is_some()
    }

    fn read_strip(&mut self, step: &Value) -> bool {
        self.lead = step["start"].as_u64().unwrap_or(0) as usize;
        step["content"].as_str() == Some(" ") && step["stop"].as_u64() == Some(0)
    }

    /// The bytes a token stands for; `first` is the first token of a text.
    pub fn bytes(&self, token: &str, first: bool) -> Vec<u8> {
        if self.byte_tokens
            && let Some(byte) = byte_token(token)
        {
            return vec![byte];
        }
        let mut text = token.to_owned();
        for (from, to) in &self.replace {
            text = text.replace(from, to);
        }
        if let Some(mark) = self.metaspace {
            text = text.replace(mark, if first { "" } else { " " });
        }
        // A token that was added as text is not written in the byte alphabet.
        let plain = || text.as_bytes().to_vec();
        if self.byte_alphabet {
            text.chars().map(byte_of).collect::<Option<_>>().unwrap_or_else(plain)
        } else {
            plain()
        }
    }
}

fn byte_token(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// The byte that a character of the byte alphabet stands for. Printable bytes of Latin-1 stand for themselves; the other
/// 68 follow one another from U+0100.
fn byte_of(c: char) -> Option<u8> {
    let code = c as u32;
    let itself = |b: u32| matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    match code {
        0..=0xff => itself(code).then_some(code as u8),
        _ => (0..256u32).filter(|b| !itself(*b)).nth((code - 256) as usize).map(|b| b as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_character() {
        let characters = (0..0x200).filter_map(char::from_u32);
        let mut bytes: Vec<u8> = characters.filter_map(byte_of).collect();
        assert_eq!((byte_of('Ġ'), byte_of('Ċ'), byte_of('ł'), byte_of(' ')), (Some(32), Some(10), Some(0xa0), None));
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
    }
}
