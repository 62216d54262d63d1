//! Lightweight downsample projectors: a quarter of the rows, by convolutions (MobileVLM, <https://arxiv.org/abs/2312.16886>)
//! or by a mean and one convolution (its second version, <https://arxiv.org/abs/2402.03766>; Cobra's with other bins).

use super::chain::{Link, run};
use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::oracle;
use squint_nn::Net;
use squint_nn::conv::{Mobile, mobile};
use squint_ops::op::Pool;
use squint_ops::{Buf, Error, Grid, Window};
use squint_weights::{Fact, Facts};

pub static LDP: Projector = Projector {
    name: "ldp",
    oracle: oracle::PYTORCH,
    types: &["ldpnet", "ldp"],
    naming: &[
        ["projector.0.weight", "mm.model.mlp.1.weight", "model.mm_projector.model.mlp.1.weight"],
        ["projector.0.bias", "mm.model.mlp.1.bias", "model.mm_projector.model.mlp.1.bias"],
        ["projector.2.weight", "mm.model.mlp.3.weight", "model.mm_projector.model.mlp.3.weight"],
        ["projector.2.bias", "mm.model.mlp.3.bias", "model.mm_projector.model.mlp.3.bias"],
        [
            "projector.blocks.{}.depth.weight",
            "mm.model.mb_block.{}.block.0.0.weight",
            "model.mm_projector.model.mb_block.{}.block.0.0.weight",
        ],
        [
            "projector.blocks.{}.depth_norm.weight",
            "mm.model.mb_block.{}.block.0.1.weight",
            "model.mm_projector.model.mb_block.{}.block.0.1.weight",
        ],
        [
            "projector.blocks.{}.depth_norm.bias",
            "mm.model.mb_block.{}.block.0.1.bias",
            "model.mm_projector.model.mb_block.{}.block.0.1.bias",
        ],
        [
            "projector.blocks.{}.squeeze.weight",
            "mm.model.mb_block.{}.block.1.fc1.weight",
            "model.mm_projector.model.mb_block.{}.block.1.fc1.weight",
        ],
        [
            "projector.blocks.{}.squeeze.bias",
            "mm.model.mb_block.{}.block.1.fc1.bias",
            "model.mm_projector.model.mb_block.{}.block.1.fc1.bias",
        ],
        [
            "projector.blocks.{}.excite.weight",
            "mm.model.mb_block.{}.block.1.fc2.weight",
            "model.mm_projector.model.mb_block.{}.block.1.fc2.weight",
        ],
        [
            "projector.blocks.{}.excite.bias",
            "mm.model.mb_block.{}.block.1.fc2.bias",
            "model.mm_projector.model.mb_block.{}.block.1.fc2.bias",
        ],
        [
            "projector.blocks.{}.point.weight",
            "mm.model.mb_block.{}.block.2.0.weight",
            "model.mm_projector.model.mb_block.{}.block.2.0.weight",
        ],
        [
            "projector.blocks.{}.point_norm.weight",
            "mm.model.mb_block.{}.block.2.1.weight",
            "model.mm_projector.model.mb_block.{}.block.2.1.weight",
        ],
        [
            "projector.blocks.{}.point_norm.bias",
            "mm.model.mb_block.{}.block.2.1.bias",
            "model.mm_projector.model.mb_block.{}.block.2.1.bias",
        ],
    ],
    read: |_, ends| {
        square(ends.view()?)?;
        Ok(Box::new(Ldp { view: ends.view()?, width: ends.width }))
    },
};

pub static LDPV2: Projector = Projector {
    name: "ldpv2",
    oracle: oracle::PYTORCH,
    types: &["ldpnetv2", "ldpv2"],
    naming: &[
        ["projector.0.weight", "mm.model.mlp.0.weight", "model.mm_projector.mlp.mlp.0.weight"],
        ["projector.0.bias", "mm.model.mlp.0.bias", "model.mm_projector.mlp.mlp.0.bias"],
        ["projector.2.weight", "mm.model.mlp.2.weight", "model.mm_projector.mlp.mlp.2.weight"],
        ["projector.2.bias", "mm.model.mlp.2.bias", "model.mm_projector.mlp.mlp.2.bias"],
        ["projector.peg.weight", "mm.model.peg.0.weight", "model.mm_projector.peg.peg.0.weight"],
        ["projector.peg.bias", "mm.model.peg.0.bias", "model.mm_projector.peg.peg.0.bias"],
    ],
    read: |facts, ends| Ldpv2::boxed(facts, ends, ends.width, 12),
};

/// Cobra's: four times as wide inside, 14 by 14 bins.
pub static COBRA: Projector = Projector {
    name: "ldpv2 with a wide mlp",
    oracle: oracle::PYTORCH,
    types: &["ldpnet-cobra"],
    naming: &[
        ["projector.0.weight", "", "projector.mlp.mlp.0.weight"],
        ["projector.0.bias", "", "projector.mlp.mlp.0.bias"],
        ["projector.2.weight", "", "projector.mlp.mlp.2.weight"],
        ["projector.2.bias", "", "projector.mlp.mlp.2.bias"],
        ["projector.peg.weight", "", "projector.peg.peg.0.weight"],
        ["projector.peg.bias", "", "projector.peg.peg.0.bias"],
    ],
    read: |facts, ends| Ldpv2::boxed(facts, ends, 4 * ends.view()?.chans, 14),
};

/// The published code takes any number of rows for a square.
fn square(view: View) -> Result<(), Error> {
    let Grid { height, width } = view.grid;
    if height != width {
        return wrong(format!("a grid of {height}×{width}, where a square is wanted"));
    }
    Ok(())
}

struct Ldp {
    view: View,
    width: usize,
}

/// The first block keeps the grid and is added to what it is given, the second halves the grid.
const STRIDES: [usize; 2] = [1, 2];

fn window(stride: usize) -> Window {
    Window::new(3, stride, 1)
}

impl Project for Ldp {
    fn tokens(&self) -> usize {
        window(STRIDES[1]).over(self.view.grid).rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let how = Mobile {
            function: "hard_swish",
            squeeze: squeeze(self.width),
            curves: ["relu", "hard_sigmoid"],
            // The usual one of norms over channels, whatever the encoder's is.
            eps: 1e-5,
        };
        let x = self.view.patches(net, x[0]);
        let mut x = run(net, x, self.view.grid, self.view.chans, &layers(self.width, self.width))?;
        let mut on = self.view.grid;
        for (i, stride) in STRIDES.into_iter().enumerate() {
            let name = format!("projector.blocks.{}", i + 1);
            let (y, to) = mobile(net, x, &name, (on, window(stride)), [self.width; 2], how)?;
            (x, on) = (if stride == 1 { net.rec.add(x, y) } else { y }, to);
        }
        Ok(x)
    }
}

/// A quarter, rounded to a multiple of eight, but not by more than a tenth down.
fn squeeze(width: usize) -> usize {
    let quarter = width / 4;
    let near = ((quarter + 4) / 8 * 8).max(8);
    if 10 * near < 9 * quarter { near + 8 } else { near }
}

fn layers(inner: usize, width: usize) -> Vec<Link> {
    vec![Link::Linear("projector.0", inner), Link::Function("gelu"), Link::Linear("projector.2", width)]
}

struct Ldpv2 {
    view: View,
    to: Grid,
    inner: usize,
    width: usize,
}

impl Ldpv2 {
    fn boxed(facts: &Facts, ends: &Ends, inner: usize, side: usize) -> Result<Fitted, Error> {
        let side = facts.size_or(Fact { gguf: "", hf: "mm_projector_grid" }, side, 1 << 10)?;
        let view = ends.view()?;
        square(view)?;
        Ok(Box::new(Ldpv2 { view, to: Grid::square(side), inner, width: ends.width }))
    }
}

impl Project for Ldpv2 {
    fn tokens(&self) -> usize {
        self.to.rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let x = self.view.patches(net, x[0]);
        let links = layers(self.inner, self.width);
        let x = run(net, x, self.view.grid, self.view.chans, &links[..2])?;
        // Means taken before the last layer are the same, for a quarter of the work.
        let (x, on) = net.rec.pool(x, self.view.grid, self.inner, Pool::Bins(self.to));
        let x = run(net, x, on, self.inner, &links[2..])?;
        let (y, _) = net.depthwise(x, "projector.peg", on, self.width, window(1))?;
        Ok(net.rec.add(x, y))
    }
}
