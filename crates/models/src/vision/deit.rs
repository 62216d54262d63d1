//! DeiT: a ViT that learned from another network by a second token, <https://arxiv.org/abs/2012.12877>. Models that were
//! trained without that token are published as ViTs.

use super::Vision;
use super::sizes::{PLAIN, Usual, sizes};
use super::vit::{IGNORED, NAMING, USUAL};
use squint_nn::encoder::Plan;
use squint_nn::readout::{by_both, nothing};

pub static DEIT: Vision = Vision {
    name: "deit",
    architectures: &["DeiTForImageClassificationWithTeacher", "DeiTForImageClassification", "DeiTModel"],
    naming: NAMING,
    outer: &["", "deit."],
    ignored: IGNORED,
    any_size: false,
    sizes: |facts| sizes(facts, &Usual { plan: Plan { first: &["class", "distilled"], ..PLAIN }, ..USUAL }),
    pooled: nothing,
    scores: by_both,
};
