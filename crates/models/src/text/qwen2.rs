//! Qwen1.5 and Qwen2: Llama with biases on queries, keys and values: <https://arxiv.org/abs/2407.10671>.

use super::Text;
use super::llama::{NAMING, OF_MLP};
use super::sizes::{LIKE_LLAMA, OF_HEAD, absent, sizes, windows};
use crate::own::Class;
use squint_nn::decoder::Decoder;
use squint_nn::layer::sequential;
use squint_weights::{Error, Fact, Facts};

pub static QWEN2: Text = Text {
    name: "qwen2",
    architectures: &["qwen2", "Qwen2ForCausalLM"],
    class: Class {
        name: "qwen2",
        architecture: "Qwen2ForCausalLM",
        usual: r#"{"hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32, "num_attention_heads": 32,
            "num_key_value_heads": 32, "vocab_size": 151936, "max_position_embeddings": 32768}"#,
    },
    naming: NAMING,
    ignored: &["rotary_emb.inv_freq"],
    sizes: read,
    absent: |facts| absent(facts, &[("", &["o.bias"]), ("", OF_MLP), OF_HEAD], false),
    layer: sequential,
};

/// Layers from some one on, or those of a list, may see a window only; published models leave that off.
fn read(facts: &Facts) -> Result<Decoder, Error> {
    let d = sizes(facts, &LIKE_LLAMA)?;
    let Facts::Hf(config) = facts else { return windows(facts, d, 0, |_| true) };
    let windowed = facts.flag(Fact { gguf: "?", hf: "use_sliding_window" })? == Some(true);
    let first = facts.uint(Fact { gguf: "?", hf: "max_window_layers" })?.unwrap_or(28);
    let listed = config.get("layer_types").and_then(|v| v.as_array());
    // A file that says nothing of its size means the usual one, and one that says `null` none.
    let usual = if config.get("sliding_window").is_some() { 0 } else { 4096 };
    windows(facts, d, usual, |layer| {
        // Where there is a list, it is what counts.
        let narrow = listed.map(|all| all.get(layer).is_some_and(|one| one == "sliding_attention"));
        windowed && narrow.unwrap_or(layer as u64 >= first)
    })
}
