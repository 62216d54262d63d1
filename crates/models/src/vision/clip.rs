//! The picture half of CLIP: <https://arxiv.org/abs/2103.00020>. Rows come without the last norm, which is for the class
//! token's row only.

use super::Vision;
use super::sizes::{PLAIN, Usual, sizes};
use crate::Naming;
use crate::own::Class;
use squint_nn::encoder::{Encoder, Plan};
use squint_nn::readout::{by_mean, first_normed};
use squint_weights::{Error, Fact, Facts};

pub static CLIP: Vision = Vision {
    name: "clip",
    architectures: &["CLIPVisionModel", "CLIPVisionModelWithProjection", "CLIPModel", "CLIPForImageClassification"],
    class: Some(Class { name: "clip_vision_model", architecture: "CLIPVisionModel", usual: "{}" }),
    naming: NAMING,
    outer: &["", "vision_model."],
    ignored: &["text_model.", "text_projection.weight", "logit_scale"],
    any_size: false,
    sizes: shared,
    absent: |_| Ok(vec!["patch.bias", "project.bias"]),
    pooled: first_normed,
    scores: by_mean,
};

fn shared(facts: &Facts) -> Result<Encoder, Error> {
    let plan = Plan { early_norm: true, late_norm: false, ..PLAIN };
    let e = sizes(facts, &Usual { patch: 32, eps: 1e-5, function: "quick_gelu", plan })?;
    let projects = ["CLIPVisionModelWithProjection", "CLIPModel"].contains(&facts.architecture()?);
    let shared = if projects { facts.size_or(Fact { gguf: "", hf: "projection_dim" }, 512, 1 << 16)? } else { 0 };
    Ok(Encoder { shared, ..e })
}

/// SigLIP has these names, too.
pub(super) const NAMING: Naming = &[
    ["patch.weight", "v.patch_embd.weight", "embeddings.patch_embedding.weight"],
    ["patch.bias", "v.patch_embd.bias", "embeddings.patch_embedding.bias"],
    ["class", "v.class_embd", "embeddings.class_embedding"],
    ["places", "v.position_embd.weight", "embeddings.position_embedding.weight"],
    // Published so.
    ["early_norm.weight", "v.pre_ln.weight", "pre_layrnorm.weight"],
    ["early_norm.bias", "v.pre_ln.bias", "pre_layrnorm.bias"],
    ["layers.{}.attn_norm.weight", "v.blk.{}.ln1.weight", "encoder.layers.{}.layer_norm1.weight"],
    ["layers.{}.attn_norm.bias", "v.blk.{}.ln1.bias", "encoder.layers.{}.layer_norm1.bias"],
    ["layers.{}.attn.q.weight", "v.blk.{}.attn_q.weight", "encoder.layers.{}.self_attn.q_proj.weight"],
    ["layers.{}.attn.q.bias", "v.blk.{}.attn_q.bias", "encoder.layers.{}.self_attn.q_proj.bias"],
    ["layers.{}.attn.k.weight", "v.blk.{}.attn_k.weight", "encoder.layers.{}.self_attn.k_proj.weight"],
    ["layers.{}.attn.k.bias", "v.blk.{}.attn_k.bias", "encoder.layers.{}.self_attn.k_proj.bias"],
    ["layers.{}.attn.v.weight", "v.blk.{}.attn_v.weight", "encoder.layers.{}.self_attn.v_proj.weight"],
    ["layers.{}.attn.v.bias", "v.blk.{}.attn_v.bias", "encoder.layers.{}.self_attn.v_proj.bias"],
    ["layers.{}.attn.o.weight", "v.blk.{}.attn_out.weight", "encoder.layers.{}.self_attn.out_proj.weight"],
    ["layers.{}.attn.o.bias", "v.blk.{}.attn_out.bias", "encoder.layers.{}.self_attn.out_proj.bias"],
    ["layers.{}.mlp_norm.weight", "v.blk.{}.ln2.weight", "encoder.layers.{}.layer_norm2.weight"],
    ["layers.{}.mlp_norm.bias", "v.blk.{}.ln2.bias", "encoder.layers.{}.layer_norm2.bias"],
    ["layers.{}.mlp.up.weight", "v.blk.{}.ffn_up.weight", "encoder.layers.{}.mlp.fc1.weight"],
    ["layers.{}.mlp.up.bias", "v.blk.{}.ffn_up.bias", "encoder.layers.{}.mlp.fc1.bias"],
    ["layers.{}.mlp.down.weight", "v.blk.{}.ffn_down.weight", "encoder.layers.{}.mlp.fc2.weight"],
    ["layers.{}.mlp.down.bias", "v.blk.{}.ffn_down.bias", "encoder.layers.{}.mlp.fc2.bias"],
    ["norm.weight", "v.post_ln.weight", "post_layernorm.weight"],
    ["norm.bias", "v.post_ln.bias", "post_layernorm.bias"],
    ["project.weight", "", "visual_projection.weight"],
    ["pool.query", "", "head.probe"],
    ["pool.attn.q_k_v.weight", "", "head.attention.in_proj_weight"],
    ["pool.attn.q_k_v.bias", "", "head.attention.in_proj_bias"],
    ["pool.attn.o.weight", "", "head.attention.out_proj.weight"],
    ["pool.attn.o.bias", "", "head.attention.out_proj.bias"],
    ["pool.norm.weight", "", "head.layernorm.weight"],
    ["pool.norm.bias", "", "head.layernorm.bias"],
    ["pool.mlp.up.weight", "", "head.mlp.fc1.weight"],
    ["pool.mlp.up.bias", "", "head.mlp.fc1.bias"],
    ["pool.mlp.down.weight", "", "head.mlp.fc2.weight"],
    ["pool.mlp.down.bias", "", "head.mlp.fc2.bias"],
    ["head.weight", "", "classifier.weight"],
    ["head.bias", "", "classifier.bias"],
];
