//! DINOv2, <https://arxiv.org/abs/2304.07193>, and with registers, <https://arxiv.org/abs/2309.16588>. Its largest size has a
//! gate in its feed-forward blocks.

use super::Vision;
use super::sizes::{PLAIN, Usual, absent, sizes};
use crate::Naming;
use squint_nn::encoder::{Encoder, Fitting, Plan};
use squint_nn::readout::{by_first_and_mean, first};
use squint_weights::{Error, Fact, Facts};

pub static DINOV2: Vision = Vision {
    name: "dinov2",
    architectures: &["Dinov2Model", "Dinov2ForImageClassification", "Dinov2Backbone"],
    class: None,
    naming: NAMING,
    outer: &["", "dinov2."],
    // A head over its rows may lie beside it.
    ignored: &["embeddings.mask_token", "saliency."],
    any_size: true,
    sizes: |facts| gated(facts, 14, 0),
    absent,
    pooled: first,
    scores: by_first_and_mean,
};

pub static WITH_REGISTERS: Vision = Vision {
    name: "dinov2-with-registers",
    outer: &["", "dinov2_with_registers."],
    architectures: &[
        "Dinov2WithRegistersModel",
        "Dinov2WithRegistersForImageClassification",
        "Dinov2WithRegistersBackbone",
    ],
    sizes: |facts| gated(facts, 16, facts.size_or(Fact { gguf: "", hf: "num_register_tokens" }, 4, 1 << 8)?),
    ..DINOV2
};

fn gated(facts: &Facts, patch: usize, registers: usize) -> Result<Encoder, Error> {
    let gated = facts.flag(Fact { gguf: "", hf: "use_swiglu_ffn" })?.unwrap_or(false);
    // The published code of the later one resamples positions with antialias, that of the first one does not.
    let fitting = if registers > 0 { Fitting::Antialias } else { Fitting::Curve };
    let plan = Plan { registers, scaled: true, gated, fitting, ..PLAIN };
    let e = sizes(facts, &Usual { patch, eps: 1e-6, function: "gelu", plan })?;
    let ratio = facts.number(Fact { gguf: "", hf: "mlp_ratio" })?.unwrap_or(4.0);
    let wide = (e.heads.width as f64 * ratio) as usize;
    if !(1..=1 << 18).contains(&wide) {
        let what = format!("'mlp_ratio' is {ratio} at a width of {}", e.heads.width);
        return Err(Error::new("config", what, "the file is damaged or not a model of this family"));
    }
    // A gate is a third matrix: two thirds of the width make as many weights.
    let inner = if gated { (wide * 2 / 3).next_multiple_of(8) } else { wide };
    Ok(Encoder { inner, function: if gated { "silu" } else { e.function }, ..e })
}

const NAMING: Naming = &[
    ["patch.weight", "", "embeddings.patch_embeddings.projection.weight"],
    ["patch.bias", "", "embeddings.patch_embeddings.projection.bias"],
    ["class", "", "embeddings.cls_token"],
    ["registers", "", "embeddings.register_tokens"],
    ["places", "", "embeddings.position_embeddings"],
    ["layers.{}.attn_norm.weight", "", "encoder.layer.{}.norm1.weight"],
    ["layers.{}.attn_norm.bias", "", "encoder.layer.{}.norm1.bias"],
    ["layers.{}.attn.q.weight", "", "encoder.layer.{}.attention.attention.query.weight"],
    ["layers.{}.attn.q.bias", "", "encoder.layer.{}.attention.attention.query.bias"],
    ["layers.{}.attn.k.weight", "", "encoder.layer.{}.attention.attention.key.weight"],
    ["layers.{}.attn.k.bias", "", "encoder.layer.{}.attention.attention.key.bias"],
    ["layers.{}.attn.v.weight", "", "encoder.layer.{}.attention.attention.value.weight"],
    ["layers.{}.attn.v.bias", "", "encoder.layer.{}.attention.attention.value.bias"],
    ["layers.{}.attn.o.weight", "", "encoder.layer.{}.attention.output.dense.weight"],
    ["layers.{}.attn.o.bias", "", "encoder.layer.{}.attention.output.dense.bias"],
    ["layers.{}.attn_scale", "", "encoder.layer.{}.layer_scale1.lambda1"],
    ["layers.{}.mlp_norm.weight", "", "encoder.layer.{}.norm2.weight"],
    ["layers.{}.mlp_norm.bias", "", "encoder.layer.{}.norm2.bias"],
    ["layers.{}.mlp.up.weight", "", "encoder.layer.{}.mlp.fc1.weight"],
    ["layers.{}.mlp.up.bias", "", "encoder.layer.{}.mlp.fc1.bias"],
    ["layers.{}.mlp.down.weight", "", "encoder.layer.{}.mlp.fc2.weight"],
    ["layers.{}.mlp.down.bias", "", "encoder.layer.{}.mlp.fc2.bias"],
    ["layers.{}.mlp_scale", "", "encoder.layer.{}.layer_scale2.lambda1"],
    // The gated kind.
    ["layers.{}.mlp.gate_up.weight", "", "encoder.layer.{}.mlp.weights_in.weight"],
    ["layers.{}.mlp.gate_up.bias", "", "encoder.layer.{}.mlp.weights_in.bias"],
    ["layers.{}.mlp.down.weight", "", "encoder.layer.{}.mlp.weights_out.weight"],
    ["layers.{}.mlp.down.bias", "", "encoder.layer.{}.mlp.weights_out.bias"],
    ["norm.weight", "", "layernorm.weight"],
    ["norm.bias", "", "layernorm.bias"],
    ["head.weight", "", "classifier.weight"],
    ["head.bias", "", "classifier.bias"],
];
