//! Projectors without a curve between: one linear layer (LLaVA, <https://arxiv.org/abs/2304.08485>), with a norm after it
//! (SPHINX), or over four rows side by side (MiniGPT-v2, Bunny).

use super::Projector;
use super::chain::{Chain, Link};
use crate::oracle;

pub static LINEAR: Projector = Projector {
    name: "linear",
    oracle: oracle::PYTORCH,
    types: &["linear"],
    naming: &[
        ["projector.weight", "mm.0.weight", "model.mm_projector.weight"],
        ["projector.bias", "mm.0.bias", "model.mm_projector.bias"],
        ["projector.weight", "", "abstractor.net.0.weight"],
        ["projector.bias", "", "abstractor.net.0.bias"],
    ],
    read: |_, ends| Chain::boxed(ends.view()?, vec![Link::Linear("projector", ends.width)]),
};

pub static NORMED: Projector = Projector {
    name: "linear with a norm after it",
    oracle: oracle::PYTORCH,
    types: &["sphinx"],
    naming: &[
        ["projector.weight", "", "visual_proj.0.weight"],
        ["projector.bias", "", "visual_proj.0.bias"],
        ["projector.norm.weight", "", "visual_proj.1.weight"],
        ["projector.norm.bias", "", "visual_proj.1.bias"],
    ],
    // The class token stays a row of its own.
    read: |_, ends| {
        Chain::boxed(
            ends.view()?.in_line(),
            vec![Link::Linear("projector", ends.width), Link::Norm("projector.norm", 1e-5)],
        )
    },
};

/// Four rows that follow each other in raster order become one: a strip, not a square.
pub static STRIPS: Projector = Projector {
    name: "linear over strips of four",
    oracle: oracle::PYTORCH,
    types: &["minigpt"],
    naming: FOUR,
    read: |_, ends| Chain::boxed(ends.view()?, vec![Link::Side(4), Link::Linear("projector", ends.width)]),
};

/// The same strips, a channel's four numbers beside each other.
pub static INTERLEAVED: Projector = Projector {
    name: "linear over interleaved strips of four",
    oracle: oracle::PYTORCH,
    types: &["vanilla"],
    naming: FOUR,
    read: |_, ends| Chain::boxed(ends.view()?, vec![Link::Side(4), Link::Interleaved("projector", ends.width)]),
};

const FOUR: crate::Naming = &[
    ["projector.weight", "", "model.mm_projector.linear.weight"],
    ["projector.bias", "", "model.mm_projector.linear.bias"],
];
