//! What is to be known of a published model before anything of it is downloaded: its card, and the terms of its weights.

use squint_models::licence::{self, Licence};
use squint_models::{text, vision, vlm};

pub use squint_protocol::{About, ModelCard, Published, Terms};

/// Of a name that estimates know, or of the address of a file or folder on the page of such a model. Of others nobody knows
/// anything here.
pub fn about(model: &str) -> About {
    let name = licence::named(model).unwrap_or(model);
    About { card: vlm::published(name).map(card), licence: licence::licence(name).as_ref().map(terms) }
}

/// Every model that an estimate knows by name.
pub fn published() -> Vec<Published> {
    let sees = vlm::CARDS.iter().map(|c| ("sees", c.name, &c.licence));
    let looks = vision::PUBLISHED.iter().map(|p| ("looks", p.name, &p.licence));
    let reads = text::PUBLISHED.iter().map(|p| ("reads", p.name, &p.licence));
    let row = |(kind, name, licence): (&str, &str, &Licence)| Published {
        name: name.into(),
        kind: kind.into(),
        licence: terms(licence),
    };
    sees.chain(looks).chain(reads).map(row).collect()
}

fn terms(l: &Licence) -> Terms {
    let Licence { name, permissive, gated, link, text, note } = *l;
    Terms { name: name.into(), permissive, gated, link: link.into(), text: text.into(), note: note.into() }
}

fn card(c: &vlm::Card) -> ModelCard {
    ModelCard {
        parts: c.parts.map(String::from),
        preprocess: c.preprocess.into(),
        template: c.template.into(),
        resolution: c.resolution as u32,
        views: c.views as u32,
        tokens: c.tokens.map(|n| n as u32),
        claims: c.claims.into(),
        source: c.source.into(),
        oracle: c.oracle.into(),
        licence: terms(&c.licence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_name_and_by_address() {
        let by_name = about("smolvlm-256m");
        assert!(by_name.card.is_some() && by_name.licence.is_some());
        let page = "https://huggingface.co/HuggingFaceTB/SmolVLM-256M-Instruct";
        for address in [page.to_owned(), format!("{page}/"), format!("{page}/resolve/main/model.safetensors")] {
            assert_eq!(about(&address), by_name, "{address}");
        }
        for other in ["nobody", &format!("{page}-2"), "https://example.org/model/", ""] {
            assert_eq!(about(other), About::default(), "{other}");
        }
        assert!(published().iter().all(|p| about(&p.name).licence.as_ref() == Some(&p.licence)));
    }
}
