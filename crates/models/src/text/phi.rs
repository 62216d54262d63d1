//! Phi-1.5 and Phi-2: attention and feed-forward block side by side after one norm, a part of each head turned:
//! <https://arxiv.org/abs/2309.05463>.

use super::Text;
use super::sizes::{LIKE_LLAMA, Usual, absent, sizes};
use crate::own::Class;
use squint_nn::Norm;
use squint_nn::decoder::Decoder;
use squint_nn::layer::parallel;
use squint_weights::{Error, Fact, Facts};

pub static PHI: Text = Text {
    name: "phi",
    architectures: &["phi2", "PhiForCausalLM"],
    class: Class {
        name: "phi",
        architecture: "PhiForCausalLM",
        usual: r#"{"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 24, "num_attention_heads": 32,
            "vocab_size": 51200, "max_position_embeddings": 2048}"#,
    },
    naming: &[
        ["embed.weight", "token_embd.weight", "model.embed_tokens.weight"],
        ["layers.{}.attn_norm.weight", "blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight"],
        ["layers.{}.attn_norm.bias", "blk.{}.attn_norm.bias", "model.layers.{}.input_layernorm.bias"],
        ["layers.{}.attn.q.weight", "blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight"],
        ["layers.{}.attn.q.bias", "blk.{}.attn_q.bias", "model.layers.{}.self_attn.q_proj.bias"],
        ["layers.{}.attn.k.weight", "blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight"],
        ["layers.{}.attn.k.bias", "blk.{}.attn_k.bias", "model.layers.{}.self_attn.k_proj.bias"],
        ["layers.{}.attn.v.weight", "blk.{}.attn_v.weight", "model.layers.{}.self_attn.v_proj.weight"],
        ["layers.{}.attn.v.bias", "blk.{}.attn_v.bias", "model.layers.{}.self_attn.v_proj.bias"],
        // None that was published has these, and GGUF has no names for them.
        ["layers.{}.attn.q_norm.weight", "", "model.layers.{}.self_attn.q_layernorm.weight"],
        ["layers.{}.attn.q_norm.bias", "", "model.layers.{}.self_attn.q_layernorm.bias"],
        ["layers.{}.attn.k_norm.weight", "", "model.layers.{}.self_attn.k_layernorm.weight"],
        ["layers.{}.attn.k_norm.bias", "", "model.layers.{}.self_attn.k_layernorm.bias"],
        // The first GGUF files have the three as one.
        ["layers.{}.attn.q_k_v.weight", "blk.{}.attn_qkv.weight", ""],
        ["layers.{}.attn.q_k_v.bias", "blk.{}.attn_qkv.bias", ""],
        ["layers.{}.attn.o.weight", "blk.{}.attn_output.weight", "model.layers.{}.self_attn.dense.weight"],
        ["layers.{}.attn.o.bias", "blk.{}.attn_output.bias", "model.layers.{}.self_attn.dense.bias"],
        ["layers.{}.mlp.up.weight", "blk.{}.ffn_up.weight", "model.layers.{}.mlp.fc1.weight"],
        ["layers.{}.mlp.up.bias", "blk.{}.ffn_up.bias", "model.layers.{}.mlp.fc1.bias"],
        ["layers.{}.mlp.down.weight", "blk.{}.ffn_down.weight", "model.layers.{}.mlp.fc2.weight"],
        ["layers.{}.mlp.down.bias", "blk.{}.ffn_down.bias", "model.layers.{}.mlp.fc2.bias"],
        ["norm.weight", "output_norm.weight", "model.final_layernorm.weight"],
        ["norm.bias", "output_norm.bias", "model.final_layernorm.bias"],
        ["head.weight", "output.weight", "lm_head.weight"],
        ["head.bias", "output.bias", "lm_head.bias"],
    ],
    ignored: &["rotary_emb.inv_freq"],
    sizes: read,
    absent: |facts| absent(facts, &[], false),
    layer: parallel,
};

fn read(facts: &Facts) -> Result<Decoder, Error> {
    let usual = Usual { norm: Norm::Layer, eps: 1e-5, function: "gelu_new", turned: Some(0.5), ..LIKE_LLAMA };
    let normed = facts.flag(Fact { gguf: "?", hf: "qk_layernorm" })? == Some(true);
    Ok(Decoder { normed, ..sizes(facts, &usual)? })
}
