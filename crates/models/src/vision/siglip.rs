//! The picture half of SigLIP: <https://arxiv.org/abs/2303.15343>. No class token; a learned row looks at all rows to make
//! the pooled one.

use super::Vision;
use super::clip::NAMING;
use super::sizes::{PLAIN, Usual, sizes};
use crate::own::Class;
use squint_nn::encoder::{Encoder, Plan};
use squint_nn::readout::{by_mean, looking};
use squint_weights::{Error, Fact, Facts};

pub static SIGLIP: Vision = Vision {
    name: "siglip",
    architectures: &["SiglipVisionModel", "SiglipModel", "SiglipForImageClassification"],
    class: Some(Class { name: "siglip_vision_model", architecture: "SiglipVisionModel", usual: "{}" }),
    naming: NAMING,
    outer: &["", "vision_model."],
    ignored: &["text_model.", "logit_scale", "logit_bias"],
    any_size: false,
    sizes: pooling,
    absent: |_| Ok(vec![]),
    pooled: looking,
    scores: by_mean,
};

fn pooling(facts: &Facts) -> Result<Encoder, Error> {
    let plan = Plan { first: &[], ..PLAIN };
    let e = sizes(facts, &Usual { patch: 16, eps: 1e-6, function: "gelu_pytorch_tanh", plan })?;
    let pools = facts.part("vision_config")?.flag(Fact { gguf: "", hf: "vision_use_head" })?.unwrap_or(true);
    Ok(Encoder { shared: if pools { e.heads.width } else { 0 }, ..e })
}
