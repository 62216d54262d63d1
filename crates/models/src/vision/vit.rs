//! ViT: <https://arxiv.org/abs/2010.11929>.

use super::Vision;
use super::sizes::{PLAIN, Usual, absent, sizes};
use crate::Naming;
use crate::function::function_of;
use squint_nn::encoder::Encoder;
use squint_nn::readout::{by_first, first_curved};
use squint_weights::{Error, Fact, Facts};

pub static VIT: Vision = Vision {
    name: "vit",
    architectures: &["ViTForImageClassification", "ViTModel"],
    class: None,
    naming: NAMING,
    outer: &["", "vit."],
    ignored: IGNORED,
    any_size: false,
    sizes: |facts| bare(facts, sizes(facts, &USUAL)?),
    absent,
    pooled: first_curved,
    scores: by_first,
};

pub(super) const USUAL: Usual = Usual { patch: 16, eps: 1e-12, function: "gelu", plan: PLAIN };

/// A model without a classifier has a layer behind the last norm, unless it was made without one.
pub(super) fn bare(facts: &Facts, e: Encoder) -> Result<Encoder, Error> {
    if e.classes > 0 {
        return Ok(e);
    }
    let shared = facts.size_or(Fact { gguf: "", hf: "pooler_output_size" }, e.heads.width, 1 << 16)?;
    Ok(Encoder { shared, curve: function_of(facts, "pooler_act", "tanh")?, ..e })
}

/// The token that hides patches in training, and that layer, where a classifier's file has it nevertheless.
pub(super) const IGNORED: &[&str] = &["embeddings.mask_token", "pooler.dense.weight", "pooler.dense.bias"];

/// DeiT has these names, too. There are no GGUF files of either.
pub(super) const NAMING: Naming = &[
    ["patch.weight", "", "embeddings.patch_embeddings.projection.weight"],
    ["patch.bias", "", "embeddings.patch_embeddings.projection.bias"],
    ["class", "", "embeddings.cls_token"],
    ["distilled", "", "embeddings.distillation_token"],
    ["places", "", "embeddings.position_embeddings"],
    ["layers.{}.attn_norm.weight", "", "encoder.layer.{}.layernorm_before.weight"],
    ["layers.{}.attn_norm.bias", "", "encoder.layer.{}.layernorm_before.bias"],
    ["layers.{}.attn.q.weight", "", "encoder.layer.{}.attention.attention.query.weight"],
    ["layers.{}.attn.q.bias", "", "encoder.layer.{}.attention.attention.query.bias"],
    ["layers.{}.attn.k.weight", "", "encoder.layer.{}.attention.attention.key.weight"],
    ["layers.{}.attn.k.bias", "", "encoder.layer.{}.attention.attention.key.bias"],
    ["layers.{}.attn.v.weight", "", "encoder.layer.{}.attention.attention.value.weight"],
    ["layers.{}.attn.v.bias", "", "encoder.layer.{}.attention.attention.value.bias"],
    ["layers.{}.attn.o.weight", "", "encoder.layer.{}.attention.output.dense.weight"],
    ["layers.{}.attn.o.bias", "", "encoder.layer.{}.attention.output.dense.bias"],
    ["layers.{}.mlp_norm.weight", "", "encoder.layer.{}.layernorm_after.weight"],
    ["layers.{}.mlp_norm.bias", "", "encoder.layer.{}.layernorm_after.bias"],
    ["layers.{}.mlp.up.weight", "", "encoder.layer.{}.intermediate.dense.weight"],
    ["layers.{}.mlp.up.bias", "", "encoder.layer.{}.intermediate.dense.bias"],
    ["layers.{}.mlp.down.weight", "", "encoder.layer.{}.output.dense.weight"],
    ["layers.{}.mlp.down.bias", "", "encoder.layer.{}.output.dense.bias"],
    ["norm.weight", "", "layernorm.weight"],
    ["norm.bias", "", "layernorm.bias"],
    ["pool.weight", "", "pooler.dense.weight"],
    ["pool.bias", "", "pooler.dense.bias"],
    ["head.weight", "", "classifier.weight"],
    ["head.bias", "", "classifier.bias"],
    ["class_head.weight", "", "cls_classifier.weight"],
    ["class_head.bias", "", "cls_classifier.bias"],
    ["distilled_head.weight", "", "distillation_classifier.weight"],
    ["distilled_head.bias", "", "distillation_classifier.bias"],
];
