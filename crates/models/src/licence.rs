//! On what terms published weights can be had. Squint hosts none of them. What rows say was read on the page that they
//! link to, or where that one was not at hand on another of the same family; a note says where none was, or where
//! somebody asks for more.

use crate::{text, vision, vlm};

#[derive(Clone, Copy, Debug)]
pub struct Licence {
    pub name: &'static str,
    /// Any use is allowed; if not, some are excluded.
    pub permissive: bool,
    /// They are given to people who sign in and agree only.
    pub gated: bool,
    /// The page of the weights.
    pub link: &'static str,
    /// The licence itself.
    pub text: &'static str,
    /// What is to be known besides; empty where that is all.
    pub note: &'static str,
}

/// Of a published model by name, alone or one that sees.
pub fn licence(model: &str) -> Option<Licence> {
    let sees = vlm::published(model).map(|card| card.licence);
    let alone = || vision::published(model).or_else(|| text::published(model).ok()).map(|p| p.licence);
    sees.or_else(alone)
}

/// The published model whose page, or file, an address is.
pub fn named(address: &str) -> Option<&'static str> {
    let on = |page: &str| address.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    names().find(|name| licence(name).is_some_and(|l| on(l.link)))
}

/// All of them: those that see, encoders, language models.
pub fn names() -> impl Iterator<Item = &'static str> {
    vlm::CARDS.iter().map(|card| card.name).chain(vision::PUBLISHED.iter().chain(text::PUBLISHED).map(|p| p.name))
}

impl Licence {
    pub(crate) const fn noted(self, note: &'static str) -> Licence {
        Licence { note, ..self }
    }
}

const fn open(name: &'static str, text: &'static str, link: &'static str) -> Licence {
    Licence { name, permissive: true, gated: false, link, text, note: "" }
}

pub(crate) const fn apache(link: &'static str) -> Licence {
    open("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", link)
}

pub(crate) const fn mit(text: &'static str, link: &'static str) -> Licence {
    open("MIT", text, link)
}

/// Beyond 700 million users a month, and for what its use policy forbids, it is none.
pub(crate) const fn llama2(link: &'static str) -> Licence {
    let text = "https://ai.meta.com/llama/license/";
    Licence { permissive: false, ..open("Llama 2 Community License", text, link) }
}

/// For research, not for commerce.
pub(crate) const fn qwen_research(text: &'static str, link: &'static str) -> Licence {
    Licence { permissive: false, ..open("Tongyi Qianwen Research License", text, link) }
}

pub(crate) const fn gemma(link: &'static str) -> Licence {
    let text = "https://ai.google.dev/gemma/terms";
    Licence { permissive: false, gated: true, ..open("Gemma Terms of Use", text, link) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name that an estimate knows brings its terms, and no other does.
    #[test]
    fn every_published_model_has_terms() {
        let mut pages = vec![];
        for name in names() {
            let l = licence(name).unwrap();
            assert!(!l.name.is_empty() && l.text.starts_with("https://"), "{name}");
            // A page is one model's: a row that was copied keeps the other's.
            let page = l.link.strip_prefix("https://huggingface.co/").unwrap();
            assert!(page.split('/').count() == 2 && !pages.contains(&page), "{name}: {page}");
            pages.push(page);
        }
        assert!(licence("no such model").is_none());
    }

    /// The ones that exclude some uses, and the one that asks visitors to sign in, as their pages say.
    #[test]
    fn restricted_ones_are_told_apart() {
        let restricted = ["llava-1.5-7b", "vicuna-7b", "gemma-2b", "qwen1.5-0.5b", "qwen1.5-1.8b"];
        for name in names() {
            let l = licence(name).unwrap();
            assert_eq!((l.permissive, l.gated), (!restricted.contains(&name), name == "gemma-2b"), "{name}");
        }
        assert_eq!(licence("gemma-2b-it").unwrap().name, "Gemma Terms of Use");
    }
}
