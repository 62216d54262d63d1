//! Llama and its many children: SmolLM2, TinyLlama, MobileLLaMA, DeepSeek-LLM.

use super::Text;
use super::sizes::{LIKE_LLAMA, OF_ATTENTION, OF_HEAD, Usual, absent, sizes};
use crate::Naming;
use crate::own::Class;
use squint_nn::layer::sequential;
use squint_weights::Facts;

pub static LLAMA: Text = Text {
    name: "llama",
    architectures: &["llama", "LlamaForCausalLM"],
    class: Class {
        name: "llama",
        architecture: "LlamaForCausalLM",
        usual: r#"{"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32,
            "vocab_size": 32000, "max_position_embeddings": 2048}"#,
    },
    naming: NAMING,
    ignored: &["rotary_emb.inv_freq"],
    // GGUF files have the rows of q and k reordered so that pairs lie side by side.
    sizes: |facts| sizes(facts, &Usual { side_by_side: matches!(facts, Facts::Gguf(_)), ..LIKE_LLAMA }),
    absent: |facts| absent(facts, &[OF_ATTENTION, ("mlp_bias", OF_MLP), OF_HEAD], false),
    layer: sequential,
};

pub(super) const OF_MLP: &[&str] = &["gate.bias", "up.bias", "down.bias"];

/// Families that differ in sizes and details only have these names, too.
pub(super) const NAMING: Naming = &[
    ["embed.weight", "token_embd.weight", "model.embed_tokens.weight"],
    ["layers.{}.attn_norm.weight", "blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight"],
    ["layers.{}.attn.q.weight", "blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight"],
    ["layers.{}.attn.k.weight", "blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight"],
    ["layers.{}.attn.v.weight", "blk.{}.attn_v.weight", "model.layers.{}.self_attn.v_proj.weight"],
    ["layers.{}.attn.o.weight", "blk.{}.attn_output.weight", "model.layers.{}.self_attn.o_proj.weight"],
    // Few of them have biases.
    ["layers.{}.attn.q.bias", "blk.{}.attn_q.bias", "model.layers.{}.self_attn.q_proj.bias"],
    ["layers.{}.attn.k.bias", "blk.{}.attn_k.bias", "model.layers.{}.self_attn.k_proj.bias"],
    ["layers.{}.attn.v.bias", "blk.{}.attn_v.bias", "model.layers.{}.self_attn.v_proj.bias"],
    ["layers.{}.attn.o.bias", "blk.{}.attn_output.bias", "model.layers.{}.self_attn.o_proj.bias"],
    ["layers.{}.mlp.gate.bias", "blk.{}.ffn_gate.bias", "model.layers.{}.mlp.gate_proj.bias"],
    ["layers.{}.mlp.up.bias", "blk.{}.ffn_up.bias", "model.layers.{}.mlp.up_proj.bias"],
    ["layers.{}.mlp.down.bias", "blk.{}.ffn_down.bias", "model.layers.{}.mlp.down_proj.bias"],
    ["layers.{}.mlp_norm.weight", "blk.{}.ffn_norm.weight", "model.layers.{}.post_attention_layernorm.weight"],
    ["layers.{}.mlp.gate.weight", "blk.{}.ffn_gate.weight", "model.layers.{}.mlp.gate_proj.weight"],
    ["layers.{}.mlp.up.weight", "blk.{}.ffn_up.weight", "model.layers.{}.mlp.up_proj.weight"],
    ["layers.{}.mlp.down.weight", "blk.{}.ffn_down.weight", "model.layers.{}.mlp.down_proj.weight"],
    // Files of stretched models have the stretching as a table.
    ["rope.factors", "rope_freqs.weight", ""],
    ["norm.weight", "output_norm.weight", "model.norm.weight"],
    ["head.weight", "output.weight", "lm_head.weight"],
];
