//! A vision encoder around its layers: patches, a class token and positions, layers, final norm, head.

use crate::attention::{Heads, mutual};
use crate::net::Want;
use crate::{Catalog, Net, mlp};
use squint_ops::op::Span;
use squint_ops::{Buf, Error, Grid, Kind, Recording};

/// What a family's sizes are. Blocks take from it what they need.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    pub layers: usize,
    pub heads: Heads,
    /// Width inside a feed-forward block.
    pub inner: usize,
    /// The picture's cells and their channels.
    pub image: Grid,
    pub chans: usize,
    /// Cells along a patch.
    pub patch: usize,
    pub classes: usize,
    pub eps: f32,
    /// Activation of the feed-forward block.
    pub function: &'static str,
}

impl Encoder {
    /// Numbers of a picture.
    pub fn pixels(&self) -> usize {
        self.image.rows() * self.chans
    }
    /// Rows after the class token is put before the patches.
    pub fn rows(&self) -> usize {
        1 + self.image.rows() / (self.patch * self.patch)
    }
}

/// A recorded encoder and the buffers its caller writes and reads.
pub struct Encoded {
    pub rec: Recording,
    pub wants: Vec<Want>,
    /// Input: [height, width, chans], normalised as the model was trained.
    pub pixels: Buf,
    /// [rows, width], after the final norm; the class token's row is the first.
    pub hidden: Buf,
    /// [classes]
    pub logits: Buf,
}

/// The encoder of the first vision transformers: a class token, learned positions, a classifier on the class token.
pub fn record(catalog: &dyn Catalog, e: &Encoder) -> Result<Encoded, Error> {
    let mut net = Net::new(catalog);
    let (width, rows) = (e.heads.width, e.rows());
    let pixels = net.rec.input("pixels", Kind::F32, e.pixels());
    let patches = net.patches(pixels, "patch", e.image, [e.chans, e.patch, width])?;
    let class = net.table("class", &[1, 1, width])?;
    let x = net.rec.temp(rows * width);
    let from = |row: usize| Span { at: ((row * width) as u32).into(), step: width };
    net.rec.copy(class, from(0), x, from(0), 1.into(), width);
    net.rec.copy(patches, from(0), x, from(1), (rows as u32 - 1).into(), width);
    let places = net.table("places", &[1, rows, width])?;
    let mut x = net.rec.add(x, places);
    for i in 0..e.layers {
        x = layer(&mut net, e, &format!("layers.{i}"), x)?;
    }
    let hidden = net.layer_norm(x, "norm", width, e.eps)?;
    let first = net.rec.temp(width);
    net.rec.copy(hidden, from(0), first, from(0), 1.into(), width);
    let logits = net.linear(first, "head", width, e.classes)?;
    net.rec.output(hidden);
    net.rec.output(logits);
    let (rec, wants) = net.finish();
    Ok(Encoded { rec, wants, pixels, hidden, logits })
}

/// x: [rows, width] → the same.
fn layer(net: &mut Net, e: &Encoder, name: &str, x: Buf) -> Result<Buf, Error> {
    let y = net.layer_norm(x, &format!("{name}.attn_norm"), e.heads.width, e.eps)?;
    let y = mutual(net, y, &format!("{name}.attn"), e.heads)?;
    let x = net.rec.add(x, y);
    let y = net.layer_norm(x, &format!("{name}.mlp_norm"), e.heads.width, e.eps)?;
    let y = mlp::plain(net, y, &format!("{name}.mlp"), e.heads.width, e.inner, e.function)?;
    Ok(net.rec.add(x, y))
}
