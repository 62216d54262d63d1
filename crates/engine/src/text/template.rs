//! The chat template a model brings with it: a conversation becomes the text the model was taught to continue.

use super::{Message, Part, jinja, json};
use crate::picture::IMAGE;
use minijinja::Environment;
use minijinja::value::{Serde, Value};
use squint_weights::{Error, Meta};
use std::io;

pub struct Template(Environment<'static>);

/// What a template is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// End with the beginning of the model's answer.
    pub answer: bool,
    /// First and last token as the vocabulary writes them; empty where there is none.
    pub bos: &'a str,
    pub eos: &'a str,
    /// Seconds since 1970 where the visitor is. Without it, templates that write the date use one of their own.
    pub now: Option<i64>,
}

const NAME: &str = "chat template";
/// Bytes of a template, of which published ones have some thousands, and of what one writes.
const SOURCE: usize = 1 << 18;
pub(super) const OUTPUT: usize = 1 << 24;
const KEY: &str = "tokenizer.chat_template";

impl Template {
    /// From the text of a template (`chat_template.jinja`).
    pub fn from_text(source: &str) -> Result<Template, Error> {
        if source.len() > SOURCE {
            let what = format!("the chat template has {} bytes; {SOURCE} are possible", source.len());
            return Err(Error::new("template", what, HINT));
        }
        let mut env = jinja::environment();
        env.add_template_owned(NAME, jinja::prepared(source)).map_err(|e| wrong(&e))?;
        Ok(Template(env))
    }

    /// None where the file has no template.
    pub fn from_gguf(meta: &Meta) -> Result<Option<Template>, Error> {
        let text = meta.text(KEY).map_err(|e| Error::new("template", e.what, HINT))?;
        text.map(Template::from_text).transpose()
    }

    /// From `tokenizer_config.json` (or `chat_template.json`), where the template is a text, or a list of templates with
    /// names; of these the one called `default` is taken, or the only one. None where there is none.
    pub fn from_config(bytes: &[u8]) -> Result<Option<Template>, Error> {
        let config = json::parse("tokenizer_config.json", bytes)?;
        let template = &config["chat_template"];
        if template.is_null() {
            return Ok(None);
        }
        let named = template.as_array().and_then(|all| match &all[..] {
            [only] => Some(only),
            all => all.iter().find(|t| t["name"] == "default"),
        });
        let source = template.as_str().or_else(|| named?["template"].as_str());
        let source = source.ok_or_else(|| {
            Error::new(
                "template",
                "chat_template of tokenizer_config.json is neither a text nor a list with a template called 'default'",
                HINT,
            )
        })?;
        Template::from_text(source).map(Some)
    }

    /// Whether it reads messages of parts, and writes for a picture what stands for one. Others read texts only.
    pub fn takes_parts(&self) -> bool {
        let asked = Message::parts("user", vec![Part::Image, Part::Text { text: "?".into() }]);
        self.render(&[asked], Ask { answer: true, ..Ask::default() }).is_ok_and(|t| t.matches(IMAGE).count() == 1)
    }

    pub fn render(&self, messages: &[Message], ask: Ask) -> Result<String, Error> {
        let template = self.0.get_template(NAME).map_err(|e| wrong(&e))?;
        let mut given = vec![
            ("messages", Serde(messages).into()),
            ("add_generation_prompt", ask.answer.into()),
            ("bos_token", ask.bos.into()),
            ("eos_token", ask.eos.into()),
            // Templates ask whether these are none, and some only that.
            ("tools", ().into()),
            ("documents", ().into()),
        ];
        if let Some(now) = ask.now {
            given.push(("strftime_now", Value::from_function(move |format: String| jinja::date(&format, now))));
        }
        let mut out = Bounded::default();
        let done = template.render_captured_to(Value::from_pairs(given), &mut out).map(drop);
        if out.full {
            let what = format!("the chat template writes more than {OUTPUT} bytes");
            return Err(Error::new("template", what, HINT));
        }
        done.map_err(|e| wrong(&e))?;
        String::from_utf8(out.text).map_err(|_| Error::bug("a template wrote what is no text"))
    }
}

/// What a template writes, as long as it is not too much.
#[derive(Default)]
struct Bounded {
    text: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.full |= self.text.len() + part.len() > OUTPUT;
        if self.full {
            return Err(io::Error::other("too much"));
        }
        self.text.extend_from_slice(part);
        Ok(part.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const HINT: &str = "ask without the template, or use the template of the model's own files";

fn wrong(e: &minijinja::Error) -> Error {
    let line = e.line().map(|l| format!("line {l} of the ")).unwrap_or_else(|| "the ".into());
    let what = e.detail().map(str::to_owned).unwrap_or_else(|| e.kind().to_string());
    Error::new("template", format!("{line}chat template: {what}"), HINT)
}
