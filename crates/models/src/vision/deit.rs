//! DeiT: a ViT that learned from another network by a second token, <https://arxiv.org/abs/2012.12877>. Models that were
//! trained without that token are published as ViTs.

use super::Vision;
use super::sizes::{PLAIN, Usual, absent, sizes};
use super::vit::{IGNORED, NAMING, USUAL, bare};
use squint_nn::encoder::Plan;
use squint_nn::readout::{by_both, first_curved};
use squint_weights::{Error, Facts};

pub static DEIT: Vision = Vision {
    name: "deit",
    architectures: &["DeiTForImageClassificationWithTeacher", "DeiTForImageClassification", "DeiTModel"],
    class: None,
    naming: NAMING,
    outer: &["", "deit."],
    ignored: IGNORED,
    any_size: false,
    sizes: |facts| {
        bare(facts, sizes(facts, &Usual { plan: Plan { first: &["class", "distilled"], ..PLAIN }, ..USUAL })?)
    },
    absent: one_head,
    pooled: first_curved,
    scores: by_both,
};

/// Only one that was published with its second head has it.
fn one_head(facts: &Facts) -> Result<Vec<&'static str>, Error> {
    let mut all = absent(facts)?;
    if !facts.architecture()?.ends_with("WithTeacher") {
        all.push("distilled_head.weight");
    }
    Ok(all)
}
