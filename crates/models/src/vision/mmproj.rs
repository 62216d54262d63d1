//! Towers in files of llama.cpp, where all of them have one architecture (`clip`): without the heads of their families, and
//! without what lies behind the layer that a projector reads.

use super::Vision;
use crate::Naming;
use squint_nn::encoder::{Encoder, Plan};
use squint_nn::readout::nothing;
use squint_weights::{Checkpoint, Error, Fact};

const IGNORED: &[&str] = &["v.head."];

pub static CLIP: Vision =
    Vision { outer: &[""], ignored: IGNORED, pooled: nothing, scores: nothing, ..super::clip::CLIP };
pub static SIGLIP: Vision =
    Vision { outer: &[""], ignored: IGNORED, pooled: nothing, scores: nothing, ..super::siglip::SIGLIP };
pub static IDEFICS3: Vision = Vision { outer: &[""], ..super::idefics3::IDEFICS3 };

/// The names that the two matrices of feed-forward blocks had in files until 2025.
pub const SWAPPED: Naming = &[
    ["layers.{}.mlp.up.weight", "v.blk.{}.ffn_down.weight", ""],
    ["layers.{}.mlp.up.bias", "v.blk.{}.ffn_down.bias", ""],
    ["layers.{}.mlp.down.weight", "v.blk.{}.ffn_up.weight", ""],
    ["layers.{}.mlp.down.bias", "v.blk.{}.ffn_up.bias", ""],
];

/// Whether a tower has the tensors of the learned tokens that those of a family have.
pub fn fits(family: &Vision, file: &Checkpoint) -> Result<bool, Error> {
    let first = (family.sizes)(&file.facts)?.plan.first;
    let named = |ours: &str| family.naming.iter().any(|[name, gguf, _]| *name == ours && file.tensor(gguf).is_some());
    Ok(first.iter().all(|name| named(name)) && (!first.is_empty() || !named("class")))
}

/// Sizes, and which names its feed-forward blocks have. `normed`: a projector reads rows that went through the last norm.
pub fn sizes(family: &Vision, file: &Checkpoint, normed: bool) -> Result<(Encoder, Naming), Error> {
    let e = (family.sizes)(&file.facts)?;
    // Others read rows of a layer in the middle, and most of their files have no such norm.
    let late_norm = normed || file.tensor("v.post_ln.weight").is_some();
    let function = match flag(file, "use_silu")? {
        true => "silu",
        // Where a file says `gelu` at all, llama.cpp takes its tanh form, and where it does not, the quick one. CLIPs were
        // trained with the exact one (OpenCLIP's) or with the quick one; SigLIPs with the tanh form, of which converters
        // that ask for 'gelu' only say nothing.
        false if e.plan.first.is_empty() => "gelu_tanh",
        false if flag(file, "use_gelu")? => "gelu",
        false => "quick_gelu",
    };
    let down = file.tensor("v.blk.0.ffn_down.weight").map(|t| &t.shape[..]);
    let swapped = e.inner != e.heads.width && down == Some(&[e.inner, e.heads.width]);
    let plan = Plan { late_norm, ..e.plan };
    Ok((Encoder { shared: 0, function, plan, ..e }, if swapped { SWAPPED } else { &[] }))
}

fn flag(file: &Checkpoint, gguf: &'static str) -> Result<bool, Error> {
    Ok(file.facts.flag(Fact { gguf, hf: "" })?.unwrap_or(false))
}
