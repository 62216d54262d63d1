//! Published models by name: their sizes as their `config.json` says them, for estimates before any download. Each was
//! compared with that file, or with a copy of it.

use crate::licence::{Licence, apache, gemma, llama2, mit, qwen_research};
use squint_weights::{Error, Facts};

pub struct Published {
    pub name: &'static str,
    pub(crate) config: &'static str,
    /// Weights its family may have and this model has not; a head tied to the embedding, above all.
    pub absent: &'static [&'static str],
    pub licence: Licence,
}

const TIED: &[&str] = &["head.weight", "bias"];
const OWN_HEAD: &[&str] = &["bias"];
/// Biases on queries, keys and values only.
const QWEN: &[&str] = &["o.bias", "gate.bias", "up.bias", "down.bias", "head.bias"];
const QWEN_TIED: &[&str] = &["head.weight", "o.bias", "gate.bias", "up.bias", "down.bias", "head.bias"];

pub static PUBLISHED: &[Published] = &[
    Published {
        name: "smollm2-135m",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 576, "intermediate_size": 1536,
            "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}"#,
        absent: TIED,
        licence: apache("https://huggingface.co/HuggingFaceTB/SmolLM2-135M"),
    },
    Published {
        name: "smollm2-360m",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 960, "intermediate_size": 2560,
            "num_hidden_layers": 32, "num_attention_heads": 15, "num_key_value_heads": 5, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}"#,
        absent: TIED,
        licence: apache("https://huggingface.co/HuggingFaceTB/SmolLM2-360M"),
    },
    Published {
        name: "smollm2-1.7b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
            "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 49152,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 130000}"#,
        absent: TIED,
        licence: apache("https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B"),
    },
    Published {
        name: "tinyllama-1.1b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 5632,
            "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
        licence: apache("https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0"),
    },
    Published {
        name: "mobilellama-1.4b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 5632,
            "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
        licence: apache("https://huggingface.co/mtgv/MobileLLaMA-1.4B-Base"),
    },
    Published {
        name: "mobilellama-2.7b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 2560, "intermediate_size": 6912,
            "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
        licence: apache("https://huggingface.co/mtgv/MobileLLaMA-2.7B-Base"),
    },
    Published {
        name: "phi-1.5",
        config: r#"{"architectures": ["PhiForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
            "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 51200,
            "max_position_embeddings": 2048, "layer_norm_eps": 1e-5, "rope_theta": 10000, "hidden_act": "gelu_new",
            "partial_rotary_factor": 0.5}"#,
        absent: &[],
        licence: mit(
            "https://huggingface.co/microsoft/phi-1_5/blob/main/LICENSE",
            "https://huggingface.co/microsoft/phi-1_5",
        ),
    },
    Published {
        name: "phi-2",
        config: r#"{"architectures": ["PhiForCausalLM"], "hidden_size": 2560, "intermediate_size": 10240,
            "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 51200,
            "max_position_embeddings": 2048, "layer_norm_eps": 1e-5, "rope_theta": 10000, "hidden_act": "gelu_new",
            "partial_rotary_factor": 0.4}"#,
        absent: &[],
        licence: mit(
            "https://huggingface.co/microsoft/phi-2/blob/main/LICENSE",
            "https://huggingface.co/microsoft/phi-2",
        ),
    },
    Published {
        name: "phi-3-mini-4k",
        config: r#"{"architectures": ["Phi3ForCausalLM"], "hidden_size": 3072, "intermediate_size": 8192,
            "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32064,
            "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000, "sliding_window": 2047}"#,
        absent: OWN_HEAD,
        licence: mit(
            "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct/blob/main/LICENSE",
            "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct",
        ),
    },
    Published {
        name: "gemma-2b",
        config: r#"{"architectures": ["GemmaForCausalLM"], "hidden_size": 2048, "intermediate_size": 16384,
            "num_hidden_layers": 18, "num_attention_heads": 8, "num_key_value_heads": 1, "vocab_size": 256000,
            "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 10000, "head_dim": 256,
            "hidden_act": "gelu"}"#,
        absent: TIED,
        licence: gemma("https://huggingface.co/google/gemma-2b"),
    },
    Published {
        name: "qwen1.5-0.5b",
        config: r#"{"architectures": ["Qwen2ForCausalLM"], "hidden_size": 1024, "intermediate_size": 2816,
            "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 151936,
            "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000,
            "tie_word_embeddings": true}"#,
        absent: QWEN_TIED,
        licence: qwen_research(
            "https://huggingface.co/Qwen/Qwen1.5-0.5B-Chat/blob/main/LICENSE",
            "https://huggingface.co/Qwen/Qwen1.5-0.5B-Chat",
        ),
    },
    Published {
        name: "qwen1.5-1.8b",
        config: r#"{"architectures": ["Qwen2ForCausalLM"], "hidden_size": 2048, "intermediate_size": 5504,
            "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 151936,
            "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000,
            "tie_word_embeddings": false}"#,
        absent: QWEN,
        licence: qwen_research(
            "https://huggingface.co/Qwen/Qwen1.5-1.8B-Chat/blob/main/LICENSE",
            "https://huggingface.co/Qwen/Qwen1.5-1.8B-Chat",
        ),
    },
    // The bases' files allow 131072 tokens, the instructed ones' 32768: what both can have.
    Published {
        name: "qwen2-0.5b",
        config: r#"{"architectures": ["Qwen2ForCausalLM"], "hidden_size": 896, "intermediate_size": 4864,
            "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151936,
            "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000,
            "tie_word_embeddings": true}"#,
        absent: QWEN_TIED,
        licence: apache("https://huggingface.co/Qwen/Qwen2-0.5B"),
    },
    Published {
        name: "qwen2-1.5b",
        config: r#"{"architectures": ["Qwen2ForCausalLM"], "hidden_size": 1536, "intermediate_size": 8960,
            "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936,
            "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000,
            "tie_word_embeddings": true}"#,
        absent: QWEN_TIED,
        licence: apache("https://huggingface.co/Qwen/Qwen2-1.5B"),
    },
    Published {
        name: "vicuna-7b",
        config: r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 11008,
            "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000,
            "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000}"#,
        absent: OWN_HEAD,
        licence: llama2("https://huggingface.co/lmsys/vicuna-7b-v1.5"),
    },
];

/// A published model by name; `-instruct` and the like change no size and may be left on.
pub fn published(name: &str) -> Result<&'static Published, Error> {
    let plain = ["-instruct", "-chat", "-it"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
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
    use squint_nn::decoder::{Answer, Pass, record};
    use squint_nn::{Place, Planned};
    use squint_ops::{Kind, Null};

    #[test]
    fn every_published_model_has_a_family_and_sizes() {
        for p in PUBLISHED {
            let facts = p.facts().unwrap();
            (family(&facts).unwrap().sizes)(&facts).unwrap();
        }
    }

    /// Numbers in the weights, as `transformers` counts them when it makes these models from their configurations.
    const COUNTED: &[(&str, usize)] = &[
        ("smollm2-135m", 134_515_008),
        ("smollm2-360m", 361_821_120),
        ("smollm2-1.7b", 1_711_376_384),
        ("tinyllama-1.1b", 1_100_048_384),
        ("mobilellama-1.4b", 1_364_297_728),
        ("mobilellama-2.7b", 2_701_560_320),
        ("phi-1.5", 1_418_270_720),
        ("phi-2", 2_779_683_840),
        ("phi-3-mini-4k", 3_821_079_552),
        ("gemma-2b", 2_506_172_416),
        ("qwen1.5-0.5b", 463_987_712),
        ("qwen1.5-1.8b", 1_836_828_672),
        ("qwen2-0.5b", 494_032_768),
        ("qwen2-1.5b", 1_543_714_304),
        ("vicuna-7b", 6_738_415_616),
    ];

    #[test]
    fn published_models_have_their_weights() {
        for (name, want) in COUNTED {
            let p = published(name).unwrap();
            let facts = p.facts().unwrap();
            let family = family(&facts).unwrap();
            let planned = Planned { matrices: Kind::F32, to: None, absent: p.absent };
            let pass = Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32, album: 0 };
            let all = record(&planned, &(family.sizes)(&facts).unwrap(), family.layer, pass).unwrap().wants;
            let ours = all.iter().filter(|w| w.place == Place::Model && w.made.is_none());
            assert_eq!(ours.map(|w| w.rows * w.cols.max(1)).sum::<usize>(), *want, "{name}");
        }
    }

    /// Multiplications with additions that a row takes in one layer, by the papers' symbols: width d, width inside m,
    /// heads h of e numbers, g of them with keys and values of their own, t rows to look at.
    type Formula = fn(d: f64, m: f64, heads: [f64; 3], t: f64) -> f64;

    /// One for each family, as its paper or model card has it.
    const FORMULAS: &[(&str, Formula)] = &[
        // Grouped queries: q and o of all heads, k and v of g; gate, up and down.
        ("LlamaForCausalLM", |d, m, [_, g, e], t| 2.0 * d * d + 2.0 * d * g * e + 3.0 * d * m + 2.0 * t * d),
        // The same; biases on q, k and v multiply nothing.
        ("Qwen2ForCausalLM", |d, m, [_, g, e], t| 2.0 * d * d + 2.0 * d * g * e + 3.0 * d * m + 2.0 * t * d),
        // Every head has keys and values, the MLP beside it no gate.
        ("PhiForCausalLM", |d, m, _, t| 4.0 * d * d + 2.0 * d * m + 2.0 * t * d),
        // q, k and v are one matrix of 3d columns, gate and up one of 2m.
        ("Phi3ForCausalLM", |d, m, _, t| d * 3.0 * d + d * d + d * 2.0 * m + m * d + 2.0 * t * d),
        // One head of keys and one of values for all queries, of a width that is not d / h.
        ("GemmaForCausalLM", |d, m, [h, _, e], t| 2.0 * d * h * e + 2.0 * d * e + 3.0 * d * m + 2.0 * t * h * e),
    ];

    /// Prompts, and a token of an answer after one: scores of a prompt count its full n², and only its last row meets
    /// the head, which the embedding may be. Norms, sums and turns come on top. Of the longest prompt half of n² would
    /// show, and of narrow groups keys and values that are forgotten: for these two percent are too many.
    #[test]
    fn passes_cost_what_papers_say() {
        const ROOM: usize = 2000;
        for p in PUBLISHED {
            // No recipe has read it.
            let said: serde_json::Value = serde_json::from_str(p.config).unwrap();
            let n = |key: &str| said[key].as_f64().unwrap_or_else(|| panic!("{} does not say its {key}", p.name));
            let (d, h, g) = (n("hidden_size"), n("num_attention_heads"), n("num_key_value_heads"));
            let e = said["head_dim"].as_f64().unwrap_or(d / h);
            let known = FORMULAS.iter().find(|(kind, _)| said["architectures"][0] == **kind);
            let (_, formula) = known.unwrap_or_else(|| panic!("no formula for {}", p.name));
            let facts = p.facts().unwrap();
            let family = family(&facts).unwrap();
            let planned = Planned { matrices: Kind::F32, to: None, absent: p.absent };
            for (rows, keys) in [(1, ROOM), (200, 200), (ROOM, ROOM)] {
                let pass = Pass { rows, answer: Answer::Last, room: ROOM, cache: Kind::F16, album: 0 };
                let made = record(&planned, &(family.sizes)(&facts).unwrap(), family.layer, pass).unwrap();
                let got = Null::bill(&made.rec, &[(keys - rows) as u32, keys as u32]).unwrap().flops as f64;
                let layer = formula(d, n("intermediate_size"), [h, g, e], keys as f64);
                let want = 2.0 * (rows as f64 * n("num_hidden_layers") * layer + d * n("vocab_size"));
                println!("{:15} {rows:4} rows, {keys:4} keys: {:+.2} %", p.name, (got / want - 1.0) * 100.0);
                assert!((got / want - 1.0).abs() < 0.01, "{}, {rows} rows, {keys} keys: {got} for {want}", p.name);
            }
        }
    }
}
