//! What a configuration says of a model or of one part of it: its own words, and where it is silent what its class takes for
//! granted. Files mostly leave out whatever the class says anyway.

use crate::text::TEXTS;
use crate::vision::VISIONS;
use serde_json::{Map, Value};
use squint_weights::{Error, Facts};

/// The class that a part of a model is of.
#[derive(Clone, Copy)]
pub struct Class {
    /// Its `model_type`.
    pub name: &'static str,
    /// As a file of its own names it, and as the families know it.
    pub architecture: &'static str,
    /// What it takes for granted; encoders mostly know that themselves.
    pub usual: &'static str,
}

/// Those of all families that can be parts.
fn classes() -> impl Iterator<Item = &'static Class> {
    VISIONS.iter().filter_map(|v| v.class.as_ref()).chain(TEXTS.iter().map(|t| &t.class))
}

/// What `key` says; `class` is its `model_type` where it says none itself.
pub(super) fn own(facts: &Facts, key: &str, class: &str) -> Result<Facts, Error> {
    let said = match facts {
        Facts::Hf(root) => root.get(key).and_then(Value::as_object),
        Facts::Gguf(_) => None,
    };
    let said = said.ok_or_else(|| {
        Error::new("config", format!("'{key}' is missing"), "the file is damaged or older than this: get it again")
    })?;
    of_class(said, said.get("model_type").and_then(Value::as_str).unwrap_or(class))
}

/// The same, whatever class it says.
pub(super) fn own_as(facts: &Facts, key: &str, class: &str) -> Result<Facts, Error> {
    let Facts::Hf(root) = facts else { return own(facts, key, class) };
    of_class(root.get(key).and_then(Value::as_object).unwrap_or(&Map::new()), class)
}

/// What a language model's own file says; none where it is said elsewhere than in a `config.json`.
pub(super) fn alone(facts: &Facts) -> Result<Option<Facts>, Error> {
    let Facts::Hf(Value::Object(said)) = facts else { return Ok(None) };
    let architecture = facts.architecture()?;
    let Some(class) = classes().find(|c| c.architecture == architecture) else { return Ok(None) };
    Ok(Some(Facts::Hf(filled(said, class)?.into())))
}

/// What is said of a part whose class is known.
pub(super) fn of_class(said: &Map<String, Value>, class: &str) -> Result<Facts, Error> {
    let found = classes().find(|c| c.name == class).ok_or_else(|| {
        let known: Vec<_> = classes().map(|c| c.name).collect();
        let what = format!("a part of the model is a '{class}', which is not known");
        Error::new("architecture", what, format!("known are {}", known.join(", ")))
    })?;
    let mut all = filled(said, found)?;
    // The head is the whole model's, which says in another place whether it is the embedding; its file tells, too.
    all.remove("tie_word_embeddings");
    all.insert("architectures".into(), vec![found.architecture].into());
    Ok(Facts::Hf(all.into()))
}

fn filled(said: &Map<String, Value>, class: &Class) -> Result<Map<String, Value>, Error> {
    let usual: Map<String, Value> =
        serde_json::from_str(class.usual).map_err(|e| Error::bug(format!("sizes of {}: {e}", class.architecture)))?;
    let mut all = said.clone();
    for (key, value) in usual {
        // Said to be none, groups are as many as heads; windows, of which no class says anything here, stay none, too.
        let none = all.get(&key).is_some_and(Value::is_null) && key != "num_key_value_heads";
        if none || !all.contains_key(&key) {
            all.insert(key, value);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_weights::Fact;

    fn part(config: &str, class: &str) -> Result<Facts, Error> {
        own(&Facts::Hf(serde_json::from_str(config).unwrap()), "text_config", class)
    }

    #[test]
    fn what_a_file_leaves_out_is_as_its_class_has_it() {
        let llama = part(r#"{"text_config": {"vocab_size": 32064, "num_hidden_layers": null}}"#, "llama").unwrap();
        let size = |hf| llama.uint(Fact { gguf: "", hf }).unwrap();
        assert_eq!(llama.architecture().unwrap(), "LlamaForCausalLM");
        assert_eq!(
            (size("vocab_size"), size("hidden_size"), size("num_hidden_layers")),
            (Some(32064), Some(4096), Some(32))
        );
        let phi = part(r#"{"text_config": {"model_type": "phi", "hidden_size": 2560}}"#, "llama").unwrap();
        assert_eq!(phi.uint(Fact { gguf: "", hf: "hidden_size" }).unwrap(), Some(2560));
        assert!(part(r#"{"text_config": {"model_type": "mpt"}}"#, "llama").err().unwrap().what.contains("'mpt'"));
        let gemma = r#"{"architectures": ["GemmaForCausalLM"], "hidden_size": 64, "tie_word_embeddings": true}"#;
        let gemma = alone(&Facts::Hf(serde_json::from_str(gemma).unwrap())).unwrap().unwrap();
        let size = |hf| gemma.uint(Fact { gguf: "", hf }).unwrap();
        assert_eq!((size("hidden_size"), size("head_dim"), size("num_hidden_layers")), (Some(64), Some(256), Some(28)));
        let qwen = r#"{"text_config": {"model_type": "qwen2", "num_key_value_heads": null, "sliding_window": null}}"#;
        let Facts::Hf(qwen) = part(qwen, "llama").unwrap() else { panic!("it was none of GGUF's") };
        assert!(["num_key_value_heads", "sliding_window"].iter().all(|key| qwen[*key].is_null()), "{qwen}");
        assert_eq!(gemma.flag(Fact { gguf: "", hf: "tie_word_embeddings" }).unwrap(), Some(true));
        assert!(part("{}", "llama").err().unwrap().what.contains("'text_config' is missing"));
    }
}
