//! Gemma, the first: wide heads, norms that keep their weights as differences from one, an embedding multiplied with the
//! root of its width: <https://arxiv.org/abs/2403.08295>.

use super::Text;
use super::llama::{NAMING, OF_MLP};
use super::sizes::{LIKE_LLAMA, OF_ATTENTION, OF_HEAD, Usual, absent, sizes};
use crate::own::Class;
use squint_nn::Norm;
use squint_nn::decoder::Decoder;
use squint_nn::layer::sequential;
use squint_weights::{Error, Fact, Facts};

pub static GEMMA: Text = Text {
    name: "gemma",
    architectures: &["gemma", "GemmaForCausalLM"],
    class: Class {
        name: "gemma",
        architecture: "GemmaForCausalLM",
        usual: r#"{"hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28, "num_attention_heads": 16,
            "num_key_value_heads": 16, "head_dim": 256, "vocab_size": 256000, "max_position_embeddings": 8192}"#,
    },
    naming: NAMING,
    ignored: &["rotary_emb.inv_freq"],
    sizes: read,
    absent: |facts| absent(facts, &[OF_ATTENTION, ("", OF_MLP), OF_HEAD], true),
    layer: sequential,
};

fn read(facts: &Facts) -> Result<Decoder, Error> {
    if facts.flag(Fact { gguf: "?", hf: "use_bidirectional_attention" })? == Some(true) {
        let what = "this Gemma looks at what comes after a token, which no text can be written with";
        return Err(Error::new("config", what, "use a Gemma for text generation"));
    }
    // GGUF files have the one added already.
    let plus = if matches!(facts, Facts::Gguf(_)) { 0.0 } else { 1.0 };
    let usual = Usual { norm: Norm::Rms { plus }, function: "gelu_pytorch_tanh", head: Some(256), ..LIKE_LLAMA };
    let d = sizes(facts, &usual)?;
    // The first files say `gelu` and mean its approximation.
    let function = if d.function == "gelu" { "gelu_tanh" } else { d.function };
    Ok(Decoder { scale: (d.heads.width as f32).sqrt(), function, ..d })
}
