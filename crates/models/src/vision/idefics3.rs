//! The tower of Idefics3 and SmolVLM: SigLIP without its head, for pictures of any size. A patch has the position of the
//! trained cell that it begins in: <https://arxiv.org/abs/2408.12637>.

use super::Vision;
use super::clip::NAMING;
use super::sizes::{PLAIN, Usual, sizes};
use crate::own::Class;
use squint_nn::encoder::{Fitting, Plan};
use squint_nn::readout::nothing;

pub static IDEFICS3: Vision = Vision {
    name: "idefics3",
    architectures: &["Idefics3VisionTransformer", "SmolVLMVisionTransformer"],
    class: Some(Class {
        name: "idefics3_vision",
        architecture: "Idefics3VisionTransformer",
        usual: r#"{"hidden_size": 1152, "intermediate_size": 3072, "num_attention_heads": 16}"#,
    }),
    naming: NAMING,
    outer: &["", "vision_model."],
    ignored: &[],
    any_size: true,
    sizes: |facts| {
        let plan = Plan { first: &[], fitting: Fitting::Cells, ..PLAIN };
        sizes(facts, &Usual { patch: 32, eps: 1e-6, function: "gelu_pytorch_tanh", plan })
    },
    absent: |_| Ok(vec![]),
    pooled: nothing,
    scores: nothing,
};
