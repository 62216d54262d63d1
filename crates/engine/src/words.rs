//! What a checkpoint says of text: its tokenizer, its chat template, and a prompt made with both.

use crate::artefacts::{Key, Made, Store};
use crate::text::{Ask, Content, Message, Template, Tokenizer};
use squint_models::vlm::Parts;
use squint_weights::{Checkpoint, Error, Facts};
use std::borrow::Cow;

pub struct Words {
    pub tokenizer: Tokenizer,
    /// One that cannot be read is missed only where a conversation is to be written.
    template: Result<Option<Template>, Error>,
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
        let tokenizer = match &checkpoint.facts {
            Facts::Gguf(meta) => Tokenizer::from_gguf(meta)?,
            Facts::Hf(_) => beside(checkpoint)?,
        };
        Ok(Words { tokenizer, template: template(checkpoint) })
    }

    /// Ids of a prompt, as `ids` has them. Templates are written each time: some write the date.
    pub async fn kept_ids(
        &self,
        kept: &Store,
        prompt: &Prompt,
        now: Option<i64>,
        room: usize,
    ) -> Result<Made<u32>, Error> {
        let (text, framed) = self.text(prompt, now, room)?;
        let key = Key::of(text.as_bytes()).then("ids", if framed { "framed" } else { "" });
        kept.stage(key, async || self.tokenizer.encode(&text, framed)).await
    }

    /// Ids of a prompt. `now`: seconds since 1970 where the visitor is, for templates that write the date. `room`: tokens
    /// there is room for; a text that cannot be as few is refused before it is cut into tokens, which nobody could stop.
    pub fn ids(&self, prompt: &Prompt, now: Option<i64>, room: usize) -> Result<Vec<u32>, Error> {
        let (text, framed) = self.text(prompt, now, room)?;
        self.tokenizer.encode(&text, framed)
    }

    /// Ids of a prompt with pictures: `expand` cuts its text into pieces, and says which ids follow each. Processors frame what a template wrote, too, unless it begins with the first token already.
    pub fn ids_of(
        &self,
        prompt: &Prompt,
        now: Option<i64>,
        room: usize,
        expand: impl FnOnce(&str) -> Result<Vec<(String, Vec<u32>)>, Error>,
    ) -> Result<Vec<u32>, Error> {
        let (text, framed) = self.text(prompt, now, room)?;
        let first = self.tokenizer.bos().and_then(|id| self.tokenizer.token_of(id));
        let begun = first.is_some_and(|first| text.starts_with(&first));
        let mut ids = vec![];
        for (i, (piece, more)) in expand(&text)?.into_iter().enumerate() {
            ids.extend(self.tokenizer.encode(&piece, i == 0 && (framed || !begun))?);
            ids.extend(more);
        }
        Ok(ids)
    }

    /// A prompt as it is written, and whether the tokenizer frames it: a template writes the special tokens itself.
    fn text<'a>(&self, prompt: &'a Prompt, now: Option<i64>, room: usize) -> Result<(Cow<'a, str>, bool), Error> {
        let messages = match prompt {
            Prompt::Raw(text) => return self.within(text.len(), room).map(|()| (text.into(), true)),
            Prompt::Chat(messages) => messages,
        };
        self.within(messages.iter().map(Message::len).sum(), room)?;
        let Some(template) = self.template.as_ref().map_err(Clone::clone)? else {
            return Err(Error::new(
                "template",
                "the model brings no chat template",
                "ask with the raw prompt, as the model's authors write it",
            ));
        };
        let parts = messages.iter().any(|message| matches!(message.content, Content::Parts(_)));
        let messages = match parts && !template.takes_parts() {
            true => &messages.iter().map(Message::flat).collect::<Vec<_>>()[..],
            false => messages,
        };
        let written = |id: Option<u32>| id.and_then(|id| self.tokenizer.token_of(id)).unwrap_or_default();
        let (bos, eos) = (written(self.tokenizer.bos()), written(self.tokenizer.eos()));
        let text = template.render(messages, Ask { answer: true, bos: &bos, eos: &eos, now })?;
        self.within(text.len(), room)?;
        Ok((text.into(), false))
    }

    /// Whether so many bytes can be as few tokens as there is room for.
    fn within(&self, bytes: usize, room: usize) -> Result<(), Error> {
        let longest = self.tokenizer.longest();
        if bytes <= room.saturating_mul(longest) {
            return Ok(());
        }
        let what =
            format!("the prompt has {bytes} bytes, the context room for {room} tokens of at most {longest} each");
        Err(Error::new("prompt", what, "shorten it, or ask for a longer context"))
    }
}

/// The tokenizer of a directory.
fn beside(checkpoint: &Checkpoint) -> Result<Tokenizer, Error> {
    let Some(json) = checkpoint.file("tokenizer.json") else {
        return Err(Error::new(
            "missing",
            "there is no 'tokenizer.json' beside the weights",
            "give the whole directory, as it is published",
        ));
    };
    let mut tokenizer = Tokenizer::from_json(json)?;
    if let Some(config) = checkpoint.file("tokenizer_config.json") {
        tokenizer = tokenizer.with_config(config)?;
    }
    if let Some(generation) = checkpoint.file("generation_config.json") {
        tokenizer = tokenizer.with_generation(generation)?;
    }
    Ok(tokenizer)
}

/// How a conversation is written: the newest place of those where files say it is the first to be asked.
fn template(checkpoint: &Checkpoint) -> Result<Option<Template>, Error> {
    // What was published without a template has its code's.
    let code = || Parts::inside(checkpoint).map(|parts| parts.and_then(|parts| parts.template));
    if let Facts::Gguf(meta) = &checkpoint.facts {
        return Ok(match Template::from_gguf(meta)? {
            Some(template) => Some(template),
            None => code()?.map(Template::from_text).transpose()?,
        });
    }
    if let Some(text) = code()? {
        return Template::from_text(text).map(Some);
    }
    if let Some(text) = checkpoint.file("chat_template.jinja") {
        return Template::from_text(&String::from_utf8_lossy(text)).map(Some);
    }
    // The processor's in its older form, then the tokenizer's.
    for config in ["chat_template.json", "tokenizer_config.json"].into_iter().filter_map(|name| checkpoint.file(name)) {
        if let Some(template) = Template::from_config(config)? {
            return Ok(Some(template));
        }
    }
    Ok(None)
}
