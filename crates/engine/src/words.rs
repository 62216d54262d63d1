//! What a checkpoint says of text: its tokenizer, its chat template, and a prompt made with both.

use crate::text::{Ask, Message, Template, Tokenizer};
use squint_weights::{Checkpoint, Error, Facts};

pub struct Words {
    pub tokenizer: Tokenizer,
    template: Option<Template>,
}

/// What a prompt is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// Text as it is, with the tokens the tokenizer frames it with.
    Raw(String),
    /// A conversation, written with the model's chat template.
    Chat(Vec<Message>),
}

impl Words {
    pub fn of(checkpoint: &Checkpoint) -> Result<Words, Error> {
        if let Facts::Gguf(meta) = &checkpoint.facts {
            return Ok(Words { tokenizer: Tokenizer::from_gguf(meta)?, template: Template::from_gguf(meta)? });
        }
        let file = |name: &str| checkpoint.file(name);
        let Some(json) = file("tokenizer.json") else {
            return Err(Error::new(
                "missing",
                "there is no 'tokenizer.json' beside the weights",
                "give the whole directory, as it is published",
            ));
        };
        let mut tokenizer = Tokenizer::from_json(json)?;
        let mut template = None;
        if let Some(config) = file("tokenizer_config.json") {
            tokenizer = tokenizer.with_config(config)?;
            template = Template::from_config(config)?;
        }
        if let Some(generation) = file("generation_config.json") {
            tokenizer = tokenizer.with_generation(generation)?;
        }
        if let Some(text) = file("chat_template.jinja") {
            template = Some(Template::from_text(&String::from_utf8_lossy(text))?);
        }
        Ok(Words { tokenizer, template })
    }

    /// Ids of a prompt. `now`: seconds since 1970 where the visitor is, for templates that write the date.
    pub fn ids(&self, prompt: &Prompt, now: Option<i64>) -> Result<Vec<u32>, Error> {
        let messages = match prompt {
            Prompt::Raw(text) => return self.tokenizer.encode(text, true),
            Prompt::Chat(messages) => messages,
        };
        let Some(template) = &self.template else {
            return Err(Error::new(
                "template",
                "the model brings no chat template",
                "ask with the raw prompt, as the model's authors write it",
            ));
        };
        let written = |id: Option<u32>| id.and_then(|id| self.tokenizer.token_of(id)).unwrap_or_default();
        let (bos, eos) = (written(self.tokenizer.bos()), written(self.tokenizer.eos()));
        let text = template.render(messages, Ask { answer: true, bos: &bos, eos: &eos, now })?;
        // The template writes the special tokens itself.
        self.tokenizer.encode(&text, false)
    }
}
