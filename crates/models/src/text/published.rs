//! Published models by name: their sizes as their `config.json` says them, for estimates before any download.

use squint_weights::{Error, Facts};

pub struct Published {
    pub name: &'static str,
    config: &'static str,
    /// Weights its family may have and this model has not; a head tied to the embedding, above all.
    pub absent: &'static [&'static str],
}

const TIED: &[&str] = &["head.weight", "bias"];
const OWN_HEAD: &[&str] = &["bias"];

static PUBLISHED: &[Published] = &[
    Published {
        name: "smollm2-135m",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 576, "intermediate_size": 1536,
            "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}"#,
        absent: TIED,
    },
    Published {
        name: "smollm2-360m",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 960, "intermediate_size": 2560,
            "num_hidden_layers": 32, "num_attention_heads": 15, "num_key_value_heads": 5, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}"#,
        absent: TIED,
    },
    Published {
        name: "smollm2-1.7b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
            "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 130000}"#,
        absent: TIED,
    },
    Published {
        name: "tinyllama-1.1b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 5632,
            "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
    },
    Published {
        name: "mobilellama-1.4b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 5632,
            "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
    },
    Published {
        name: "vicuna-7b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 11008,
            "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000,
            "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
    },
];

/// A published model by name; `-instruct` and the like change no size and may be left on.
pub fn published(name: &str) -> Result<&'static Published, Error> {
    let plain = name.strip_suffix("-instruct").unwrap_or(name);
    PUBLISHED.iter().find(|p| p.name == plain).ok_or_else(|| {
        let known: Vec<_> = PUBLISHED.iter().map(|p| p.name).collect();
        Error::new("model", format!("the sizes of '{name}' are not known"), format!("known are {}", known.join(", ")))
    })
}

impl Published {
    pub fn facts(&self) -> Result<Facts, Error> {
        let config =
            serde_json::from_str(self.config).map_err(|e| Error::bug(format!("sizes of {}: {e}", self.name)))?;
        Ok(Facts::Hf(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::family;

    #[test]
    fn every_published_model_has_a_family_and_sizes() {
        for p in PUBLISHED {
            let facts = p.facts().unwrap();
            (family(&facts).unwrap().sizes)(&facts).unwrap();
        }
    }
}
