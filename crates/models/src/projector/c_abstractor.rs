//! C-Abstractor: convolutions around a mean over bins, so that what lies together stays together (Honeybee,
//! <https://arxiv.org/abs/2312.06742>; MM1).

use super::chain::{Link, run};
use super::{Project, Projector, View, bins};
use crate::oracle;
use squint_nn::Net;
use squint_nn::conv::{Mobile, mobile};
use squint_ops::op::Pool;
use squint_ops::{Buf, Error, Grid, Window};
use squint_weights::Fact;

pub static C_ABSTRACTOR: Projector = Projector {
    name: "c-abstractor",
    oracle: oracle::PYTORCH,
    types: &["c-abs"],
    naming: &[
        ["projector.places", "", "abstractor.pos_emb"],
        ["projector.before.{}.first.weight", "", "abstractor.net.0.b{}.conv1.conv.weight"],
        ["projector.before.{}.first_norm.weight", "", "abstractor.net.0.b{}.conv1.bn.weight"],
        ["projector.before.{}.first_norm.bias", "", "abstractor.net.0.b{}.conv1.bn.bias"],
        ["projector.before.{}.depth.weight", "", "abstractor.net.0.b{}.conv2.conv.weight"],
        ["projector.before.{}.depth_norm.weight", "", "abstractor.net.0.b{}.conv2.bn.weight"],
        ["projector.before.{}.depth_norm.bias", "", "abstractor.net.0.b{}.conv2.bn.bias"],
        ["projector.before.{}.squeeze.weight", "", "abstractor.net.0.b{}.se.fc1.weight"],
        ["projector.before.{}.squeeze.bias", "", "abstractor.net.0.b{}.se.fc1.bias"],
        ["projector.before.{}.excite.weight", "", "abstractor.net.0.b{}.se.fc2.weight"],
        ["projector.before.{}.excite.bias", "", "abstractor.net.0.b{}.se.fc2.bias"],
        ["projector.before.{}.point.weight", "", "abstractor.net.0.b{}.conv3.conv.weight"],
        ["projector.before.{}.point_norm.weight", "", "abstractor.net.0.b{}.conv3.bn.weight"],
        ["projector.before.{}.point_norm.bias", "", "abstractor.net.0.b{}.conv3.bn.bias"],
        ["projector.before.{}.short.weight", "", "abstractor.net.0.b{}.downsample.conv.weight"],
        ["projector.before.{}.short_norm.weight", "", "abstractor.net.0.b{}.downsample.bn.weight"],
        ["projector.before.{}.short_norm.bias", "", "abstractor.net.0.b{}.downsample.bn.bias"],
        ["projector.after.{}.first.weight", "", "abstractor.net.2.b{}.conv1.conv.weight"],
        ["projector.after.{}.first_norm.weight", "", "abstractor.net.2.b{}.conv1.bn.weight"],
        ["projector.after.{}.first_norm.bias", "", "abstractor.net.2.b{}.conv1.bn.bias"],
        ["projector.after.{}.depth.weight", "", "abstractor.net.2.b{}.conv2.conv.weight"],
        ["projector.after.{}.depth_norm.weight", "", "abstractor.net.2.b{}.conv2.bn.weight"],
        ["projector.after.{}.depth_norm.bias", "", "abstractor.net.2.b{}.conv2.bn.bias"],
        ["projector.after.{}.squeeze.weight", "", "abstractor.net.2.b{}.se.fc1.weight"],
        ["projector.after.{}.squeeze.bias", "", "abstractor.net.2.b{}.se.fc1.bias"],
        ["projector.after.{}.excite.weight", "", "abstractor.net.2.b{}.se.fc2.weight"],
        ["projector.after.{}.excite.bias", "", "abstractor.net.2.b{}.se.fc2.bias"],
        ["projector.after.{}.point.weight", "", "abstractor.net.2.b{}.conv3.conv.weight"],
        ["projector.after.{}.point_norm.weight", "", "abstractor.net.2.b{}.conv3.bn.weight"],
        ["projector.after.{}.point_norm.bias", "", "abstractor.net.2.b{}.conv3.bn.bias"],
        ["projector.last.{}.weight", "", "abstractor.readout.{}.weight"],
        ["projector.last.{}.bias", "", "abstractor.readout.{}.bias"],
    ],
    read: |facts, ends| {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        Ok(Box::new(Convolutions {
            view: ends.view()?,
            width: ends.width,
            to: bins(facts)?,
            inner: size("projector_config.hidden_size", 1024, 1 << 16)?,
            blocks: size("projector_config.depth", 3, 64)?,
            depth: size("projector_config.mlp_depth", 2, LAST.len() as u64)?,
        }))
    },
};

const LAST: [&str; 3] = ["projector.last.0", "projector.last.2", "projector.last.4"];

/// Of all its norms.
const EPS: f32 = 1e-5;

struct Convolutions {
    view: View,
    width: usize,
    to: Grid,
    inner: usize,
    /// On either side of the mean.
    blocks: usize,
    depth: usize,
}

impl Project for Convolutions {
    fn tokens(&self) -> usize {
        self.to.rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (on, chans) = (self.view.grid, self.view.chans);
        let mut x = self.view.patches(net, x[0]);
        if let Some(places) = net.optional_table("projector.places", &[1, on.rows(), chans])? {
            x = net.rec.add(x, places);
        }
        let mut from = chans;
        for i in 1..=self.blocks {
            x = self.block(net, x, &format!("projector.before.{i}"), on, from)?;
            from = self.inner;
        }
        (x, _) = net.rec.pool(x, on, self.inner, Pool::Bins(self.to));
        for i in 1..=self.blocks {
            x = self.block(net, x, &format!("projector.after.{i}"), self.to, self.inner)?;
        }
        let links = LAST[..self.depth].iter().flat_map(|name| [Link::Function("silu"), Link::Linear(name, self.width)]);
        run(net, x, self.to, self.inner, &links.skip(1).collect::<Vec<_>>())
    }
}

impl Convolutions {
    /// x: [grid, from] → [grid, inner]
    fn block(&self, net: &mut Net, x: Buf, name: &str, on: Grid, from: usize) -> Result<Buf, Error> {
        let inner = self.inner;
        let point = |net: &mut Net, part: &str| {
            let y = net.linear_stored(x, &format!("{name}.{part}"), &[inner, from, 1, 1], 0)?;
            net.layer_norm(y, &format!("{name}.{part}_norm"), inner, EPS)
        };
        let y = point(net, "first")?;
        let y = net.rec.activate(y, inner, "silu", false)?;
        // The squeeze is a quarter of what the block is given, to the nearest even.
        let squeeze = (from as f32 / 4.0).round_ties_even() as usize;
        let how = Mobile { function: "silu", squeeze, curves: ["silu", "sigmoid"], eps: EPS };
        let (y, _) = mobile(net, y, name, (on, Window::new(3, 1, 1)), [inner; 2], how)?;
        let short = if from == inner { x } else { point(net, "short")? };
        let sum = net.rec.add(y, short);
        net.rec.activate(sum, inner, "silu", false)
    }
}
