//! Phi-3: Llama with queries, keys and values in one tensor, gate and up in another: <https://arxiv.org/abs/2404.14219>.
//! Layers may see a window of keys only. Models for long texts turn their pairs by other factors once a text is longer than
//! `original_max_position_embeddings`.

use super::Text;
use super::sizes::{LIKE_LLAMA, Usual, absent, sizes, windows};
use crate::own::Class;
use crate::rope::Habit;
use squint_nn::decoder::Decoder;
use squint_nn::layer::sequential;
use squint_weights::{Error, Facts};

pub static PHI3: Text = Text {
    name: "phi3",
    architectures: &["phi3", "Phi3ForCausalLM"],
    class: Class {
        name: "phi3",
        architecture: "Phi3ForCausalLM",
        usual: r#"{"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32, "num_attention_heads": 32,
            "vocab_size": 32064, "max_position_embeddings": 4096}"#,
    },
    naming: &[
        ["embed.weight", "token_embd.weight", "model.embed_tokens.weight"],
        ["layers.{}.attn_norm.weight", "blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight"],
        ["layers.{}.attn.q_k_v.weight", "blk.{}.attn_qkv.weight", "model.layers.{}.self_attn.qkv_proj.weight"],
        ["layers.{}.attn.o.weight", "blk.{}.attn_output.weight", "model.layers.{}.self_attn.o_proj.weight"],
        ["layers.{}.mlp_norm.weight", "blk.{}.ffn_norm.weight", "model.layers.{}.post_attention_layernorm.weight"],
        ["layers.{}.mlp.gate_up.weight", "blk.{}.ffn_up.weight", "model.layers.{}.mlp.gate_up_proj.weight"],
        ["layers.{}.mlp.down.weight", "blk.{}.ffn_down.weight", "model.layers.{}.mlp.down_proj.weight"],
        ["rope.short", "rope_factors_short.weight", ""],
        ["rope.long", "rope_factors_long.weight", ""],
        ["norm.weight", "output_norm.weight", "model.norm.weight"],
        ["head.weight", "output.weight", "lm_head.weight"],
    ],
    // Factors are no part of a recording: they are read before there is one.
    ignored: &["rotary_emb.inv_freq", "rope_factors_short.weight", "rope_factors_long.weight"],
    sizes: read,
    absent: |facts| absent(facts, &[("", &["bias"])], false),
    layer: sequential,
};

/// The first models for long texts called longrope `su` or `yarn`. What they were trained for stands outside.
const HABIT: Habit = Habit { aliases: &[["su", "longrope"], ["yarn", "longrope"]], trained: Some(4096), anew: true };

fn read(facts: &Facts) -> Result<Decoder, Error> {
    let d = sizes(facts, &Usual { eps: 1e-5, turned: Some(1.0), habit: HABIT, ..LIKE_LLAMA })?;
    windows(facts, d, 0, |_| true)
}
