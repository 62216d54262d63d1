//! Projectors of linear layers with curves between them: LLaVA-1.5's (<https://arxiv.org/abs/2310.03744>) and those that
//! differ in depth, curve or inner width, or pool squares of four on the way.

use super::chain::{Chain, Link};
use super::{Ends, Projector, wrong};
use crate::Naming;
use crate::function::function_of;
use crate::oracle;
use squint_weights::{Error, Fact, Facts};

pub static MLP: Projector = Projector {
    name: "mlp",
    oracle: oracle::PYTORCH,
    types: &["mlp1x_gelu", "mlp2x_gelu", "mlp3x_gelu", "mlp4x_gelu", "mlp_gelu", "mlp"],
    naming: LLAVA,
    read: |facts, ends| Chain::boxed(ends.view()?, layers(facts, ends, "gelu")?),
};

/// Honeybee's.
pub static SILU: Projector = Projector {
    name: "mlp with silu",
    oracle: oracle::PYTORCH,
    types: &["mlp_silu"],
    naming: &[
        ["projector.{}.weight", "", "abstractor.net.{}.weight"],
        ["projector.{}.bias", "", "abstractor.net.{}.bias"],
    ],
    read: |facts, ends| Chain::boxed(ends.view()?, layers(facts, ends, "silu")?),
};

/// Cobra's, over two encoders whose numbers lie side by side: four times as wide inside, two curves.
pub static FUSED: Projector = Projector {
    name: "fused mlp",
    oracle: oracle::PYTORCH,
    types: &["fused-gelu-mlp"],
    naming: &[
        ["projector.{}.weight", "", "projector.projector.{}.weight"],
        ["projector.{}.bias", "", "projector.projector.{}.bias"],
    ],
    read: |_, ends| {
        let (view, width) = (ends.view()?, ends.width);
        let curve = || Link::Function("gelu");
        let [first, second, third] =
            [(NAMES[0], 4 * view.chans), (NAMES[1], width), (NAMES[2], width)].map(|(name, n)| Link::Linear(name, n));
        Chain::boxed(view, vec![first, curve(), second, curve(), third])
    },
};

/// moondream's: wide inside, the tanh form of the curve.
pub static WIDE: Projector = Projector {
    name: "wide mlp",
    oracle: oracle::PYTORCH,
    types: &["moondream"],
    naming: &[
        ["projector.0.weight", "mm.0.weight", "vision_encoder.projection.mlp.fc1.weight"],
        ["projector.0.bias", "mm.0.bias", "vision_encoder.projection.mlp.fc1.bias"],
        ["projector.2.weight", "mm.2.weight", "vision_encoder.projection.mlp.fc2.weight"],
        ["projector.2.bias", "mm.2.bias", "vision_encoder.projection.mlp.fc2.bias"],
    ],
    read: |facts, ends| {
        let inner = facts.size_or(Fact { gguf: "", hf: "proj_hidden_size" }, 8192, 1 << 16)?;
        let links = [Link::Linear(NAMES[0], inner), Link::Function("gelu_tanh"), Link::Linear(NAMES[1], ends.width)];
        Chain::boxed(ends.view()?, links.into())
    },
};

/// Bunny's with a pool between its two layers, after them, or before them and after a layer of its own. Published
/// checkpoints bring all three layers, used or not; none has a curve.
pub static POOLED_INSIDE: Projector = Projector {
    name: "linear layers, pooled between",
    oracle: oracle::PYTORCH,
    types: &["sppv1", "spp_v1"],
    naming: BUNNY,
    read: |_, ends| {
        let [_, one, two] = bunny(ends)?;
        Chain::boxed(ends.view()?, vec![one, Link::Average(2), two])
    },
};

pub static POOLED_AFTER: Projector = Projector {
    name: "linear layers, pooled after",
    oracle: oracle::PYTORCH,
    types: &["sppv2", "spp_v2"],
    naming: BUNNY,
    // A mean of sums is a sum of means: pooled before the second layer it is the same for a quarter of the work.
    read: |_, ends| {
        let [_, one, two] = bunny(ends)?;
        Chain::boxed(ends.view()?, vec![one, Link::Average(2), two])
    },
};

pub static POOLED_BEFORE: Projector = Projector {
    name: "linear layers, pooled before",
    oracle: oracle::PYTORCH,
    types: &["sppv3", "spp_v3"],
    naming: BUNNY,
    read: |_, ends| {
        let [zero, one, two] = bunny(ends)?;
        Chain::boxed(ends.view()?, vec![zero, Link::Average(2), one, two])
    },
};

/// The mean of squares of what a LLaVA-1.5 projector makes, with its weights: no training. Taken before the last layer,
/// where it is the same and cheaper.
pub static AVERAGE: Projector = Projector {
    name: "average pool after an mlp",
    oracle: oracle::PYTORCH,
    types: &["avg_pool"],
    naming: LLAVA,
    read: |facts, ends| {
        let side = facts.size_or(Fact { gguf: "", hf: "mm_projector_pool_side" }, 2, 64)?;
        let mut links = layers(facts, ends, "gelu")?;
        links.insert(links.len() - 1, Link::Average(side));
        Chain::boxed(ends.view()?, links)
    },
};

const LLAVA: Naming = &[
    ["projector.0.weight", "mm.0.weight", "model.multi_modal_projector.linear_1.weight"],
    ["projector.0.bias", "mm.0.bias", "model.multi_modal_projector.linear_1.bias"],
    ["projector.2.weight", "mm.2.weight", "model.multi_modal_projector.linear_2.weight"],
    ["projector.2.bias", "mm.2.bias", "model.multi_modal_projector.linear_2.bias"],
    ["projector.{}.weight", "mm.{}.weight", "model.mm_projector.{}.weight"],
    ["projector.{}.bias", "mm.{}.bias", "model.mm_projector.{}.bias"],
    // TinyLLaVA, DeepSeek-VL.
    ["projector.{}.weight", "", "connector._connector.{}.weight"],
    ["projector.{}.bias", "", "connector._connector.{}.bias"],
    ["projector.{}.weight", "", "aligner.layers.{}.weight"],
    ["projector.{}.bias", "", "aligner.layers.{}.bias"],
];

const BUNNY: Naming = &[
    ["projector.{}.weight", "", "model.mm_projector.linear_{}.weight"],
    ["projector.{}.bias", "", "model.mm_projector.linear_{}.bias"],
];

/// Curves count as layers, as in a row of modules.
pub(super) const NAMES: [&str; 4] = ["projector.0", "projector.2", "projector.4", "projector.6"];

fn bunny(ends: &Ends) -> Result<[Link; 3], Error> {
    let widths = [ends.view()?.chans, ends.width, ends.width];
    Ok([0, 1, 2].map(|i| Link::Linear(["projector.0", "projector.1", "projector.2"][i], widths[i])))
}

/// As many layers as the configuration says, all but the first from width to width, curves between them.
fn layers(facts: &Facts, ends: &Ends, usual: &str) -> Result<Vec<Link>, Error> {
    let curve = function_of(facts, "projector_hidden_act", usual)?;
    // `mlp2x_gelu` has its depth in its name.
    let named = facts
        .text(Fact { gguf: "", hf: "mm_projector_type|connector_type" })?
        .and_then(|name| name.strip_prefix("mlp")?.split('x').next()?.parse().ok());
    let depth = match named {
        Some(depth) => depth,
        None => facts.size_or(Fact { gguf: "", hf: "projector_config.depth|aligner_config.params.depth" }, 2, 4)?,
    };
    if depth == 0 || depth > NAMES.len() {
        return wrong(format!("a projector of {depth} layers; 1 to {} are possible", NAMES.len()));
    }
    let links = NAMES[..depth].iter().flat_map(|name| [Link::Function(curve), Link::Linear(name, ends.width)]);
    Ok(links.skip(1).collect())
}
