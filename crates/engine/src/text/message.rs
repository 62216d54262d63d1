//! A conversation, in the shape chat templates expect.

use crate::picture::IMAGE;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`; some templates know more.
    pub role: String,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// The template decides what stands for a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Text { text: String },
    Image,
}

impl Message {
    pub fn text(role: &str, text: &str) -> Message {
        Message { role: role.into(), content: Content::Text(text.into()) }
    }

    /// Bytes of its texts.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.len(),
            Content::Parts(parts) => {
                parts.iter().map(|part| if let Part::Text { text } = part { text.len() } else { 0 }).sum()
            }
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same as one text: pictures first, each in a line of its own, as LLaVA's code has them.
    pub fn flat(&self) -> Message {
        let Content::Parts(parts) = &self.content else { return self.clone() };
        let (mut pictures, mut texts) = (String::new(), String::new());
        for part in parts {
            match part {
                Part::Image => pictures += &format!("{IMAGE}\n"),
                Part::Text { text } => texts += text,
            }
        }
        Message::text(&self.role, &(pictures + &texts))
    }

    pub fn parts(role: &str, parts: Vec<Part>) -> Message {
        Message { role: role.into(), content: Content::Parts(parts) }
    }
}
