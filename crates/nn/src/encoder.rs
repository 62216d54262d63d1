//! A vision encoder around its layers: patches, learned tokens before them and positions, layers, norms, heads.

use crate::attention::{Heads, mutual};
use crate::cells::cells;
use crate::net::Want;
use crate::readout::Readout;
use crate::{Catalog, Net, lay, mlp};
use squint_ops::op::Resize;
use squint_ops::{Buf, Error, Grid, Kind, Recording};

/// What a family's sizes are. Blocks take from it what they need.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    pub layers: usize,
    pub heads: Heads,
    /// Width inside a feed-forward block.
    pub inner: usize,
    /// Cells of the pictures it was trained on, and their channels.
    pub image: Grid,
    pub chans: usize,
    /// Cells of a patch; those beyond the last whole patch are not seen.
    pub patch: Grid,
    /// What a classifier tells apart; 0 where there is none.
    pub classes: usize,
    /// Width of the row that stands for the whole picture where it has weights of its own; 0 where it has none.
    pub shared: usize,
    /// Activation of that row, where it has one.
    pub curve: &'static str,
    pub eps: f32,
    /// Activation of the feed-forward block.
    pub function: &'static str,
    /// Layers whose rows a projector was trained on side by side, in its order: a look at the deepest of them has them all.
    /// None where it is one layer's.
    pub joined: Vec<usize>,
    pub plan: Plan,
}

/// What a family has besides layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Learned tokens before the patches that have positions, by name.
    pub first: &'static [&'static str],
    /// Learned tokens after those that have none.
    pub registers: usize,
    /// A norm before the first layer.
    pub early_norm: bool,
    /// A norm over the rows after the last layer; where there is none, the pooled row has one of its own.
    pub late_norm: bool,
    /// What a block adds is multiplied by a learned number for each column.
    pub scaled: bool,
    /// Feed-forward blocks have a gate.
    pub gated: bool,
    pub fitting: Fitting,
}

/// How positions come to another grid than the trained one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitting {
    /// Between trained ones the curve is bicubic.
    Curve,
    /// The same, resampled as pictures are.
    Antialias,
    /// A patch has the position of the trained cell that it begins in.
    Cells,
}

/// What is wanted of an encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Cells of the picture. Positions of another size than the trained one lie between the trained ones.
    pub image: Grid,
    /// Rows as they are after so many layers; none is after all of them and the final norm.
    pub layer: Option<usize>,
    /// Without the learned tokens before the patches.
    pub patches: bool,
    /// The pooled row and the classifier's scores, too, where there are such; rows of all layers only have them.
    pub heads: bool,
}

impl Encoder {
    /// Everything there is of a picture like those it was trained on.
    pub fn look(&self) -> Look {
        Look { image: self.image, layer: None, patches: false, heads: true }
    }
    /// Numbers of a picture.
    pub fn pixels(&self, image: Grid) -> usize {
        image.rows() * self.chans
    }
    /// Patches of a picture.
    pub fn grid(&self, image: Grid) -> Grid {
        Grid { height: image.height / self.patch.height, width: image.width / self.patch.width }
    }
    /// Tokens before the patches.
    pub fn before(&self) -> usize {
        self.plan.first.len() + self.plan.registers
    }
    /// Rows that come out.
    pub fn rows(&self, look: Look) -> usize {
        self.grid(look.image).rows() + if look.patches { 0 } else { self.before() }
    }
    /// Numbers in a row that comes out.
    pub fn wide(&self, look: Look) -> usize {
        self.heads.width * self.beside(look).len().max(1)
    }
    /// Layers whose rows come out side by side; none where they are one layer's.
    fn beside(&self, look: Look) -> &[usize] {
        if look.layer.is_some() && look.layer == self.joined.iter().max().copied() { &self.joined } else { &[] }
    }
    /// Takes the rows of these layers side by side, as `layer` counts; says which is the deepest, none where there are none.
    pub fn join(&mut self, layers: &[i64]) -> Result<Option<usize>, Error> {
        let layers = layers.iter().map(|number| self.layer(*number)).collect::<Result<Vec<_>, _>>()?;
        let deepest = layers.iter().max().copied();
        self.joined = if layers.len() > 1 { layers } else { vec![] };
        Ok(deepest)
    }
    /// Which layer a number means that counts from the end where it is negative: −1 is what the last one made, 0 what
    /// goes into the first.
    pub fn layer(&self, number: i64) -> Result<usize, Error> {
        let all = self.layers as i64 + 1;
        let at = if number < 0 { all + number } else { number };
        if (0..all).contains(&at) {
            return Ok(at as usize);
        }
        let what = format!("there is no layer {number} among {}", self.layers);
        Err(Error::new("layer", what, format!("it can be 0 to {}, or {} to -1", self.layers, -all)))
    }
}

/// A recorded encoder and the buffers its caller writes and reads.
pub struct Encoded {
    pub rec: Recording,
    pub wants: Vec<Want>,
    /// Input: [height, width, chans], normalised as the model was trained.
    pub pixels: Buf,
    /// [rows, width], or as many widths as layers are joined; learned tokens first.
    pub hidden: Buf,
    /// One row for the whole picture.
    pub pooled: Option<Buf>,
    /// [classes]
    pub scores: Option<Buf>,
}

/// `ends` make the pooled row and the scores of the rows after all layers.
pub fn record(catalog: &dyn Catalog, e: &Encoder, look: Look, ends: [Readout; 2]) -> Result<Encoded, Error> {
    let mut net = Net::new(catalog);
    let width = e.heads.width;
    let pixels = net.rec.input("pixels", Kind::F32, e.pixels(look.image));
    let mut x = tokens(&mut net, e, look.image, pixels)?;
    if e.plan.early_norm {
        x = net.layer_norm(x, "early_norm", width, e.eps)?;
    }
    let mut all = vec![x];
    for i in 0..look.layer.unwrap_or(e.layers) {
        x = layer(&mut net, e, &format!("layers.{i}"), x)?;
        all.push(x);
    }
    if let parts @ [_, ..] = e.beside(look) {
        let parts: Vec<Buf> = parts.iter().map(|i| all[*i]).collect();
        x = lay::beside(&mut net.rec, &parts, e.before() + e.grid(look.image).rows());
    }
    let (mut pooled, mut scores) = (None, None);
    if look.layer.is_none() {
        if e.plan.late_norm {
            x = net.layer_norm(x, "norm", width, e.eps)?;
        }
        if look.heads {
            [pooled, scores] = [ends[0](&mut net, e, x)?, ends[1](&mut net, e, x)?];
        }
    }
    let count = e.grid(look.image).rows();
    let cut = look.patches && e.before() > 0;
    let hidden = if cut { lay::some(&mut net.rec, x, e.wide(look), e.before(), count) } else { x };
    for out in [Some(hidden), pooled, scores].into_iter().flatten() {
        net.rec.output(out);
    }
    let (rec, wants) = net.finish();
    Ok(Encoded { rec, wants, pixels, hidden, pooled, scores })
}

/// A picture → [rows, width]: patches with learned tokens before them, and positions.
fn tokens(net: &mut Net, e: &Encoder, image: Grid, pixels: Buf) -> Result<Buf, Error> {
    let (width, first, grid) = (e.heads.width, e.plan.first.len(), e.grid(image));
    if grid.rows() == 0 {
        let Grid { height, width } = e.patch;
        let patch = if height == width { height.to_string() } else { format!("{height}×{width}") };
        let what = format!("a picture of {}×{} has no patch of {patch}", image.height, image.width);
        return Err(Error::new("size", what, "use a larger one"));
    }
    let whole = Grid { height: grid.height * e.patch.height, width: grid.width * e.patch.width };
    let seen = lay::corner(&mut net.rec, pixels, image, whole, e.chans);
    let patches = patches(net, e, seen, whole)?;
    let mut parts = vec![];
    for name in e.plan.first {
        parts.push(net.table(name, &[1, width])?);
    }
    let x = lay::under(&mut net.rec, &[&parts[..], &[patches]].concat(), width);
    let places = places(net, e, grid)?;
    let x = net.rec.add(x, places);
    if e.plan.registers == 0 {
        return Ok(x);
    }
    let registers = net.table("registers", &[e.plan.registers, width])?;
    let before = lay::some(&mut net.rec, x, width, 0, first);
    let after = lay::some(&mut net.rec, x, width, first, grid.rows());
    Ok(lay::under(&mut net.rec, &[before, registers, after], width))
}

/// A picture of whole patches → a row for each.
fn patches(net: &mut Net, e: &Encoder, seen: Buf, whole: Grid) -> Result<Buf, Error> {
    let (width, patch, grid) = (e.heads.width, e.patch, e.grid(whole));
    if patch.height == patch.width {
        return net.patches(seen, "patch", whole, [e.chans, patch.height, width]);
    }
    // Lines of pixels fall into pieces, which gather column by column of patches; then rows into lines of patches.
    let piece = patch.width * e.chans;
    let columns = lay::swapped(&mut net.rec, seen, [0, grid.width * piece], [grid.width, piece]);
    let shape = [width, e.chans, patch.height, patch.width];
    let rows = net.linear_stored(columns, "patch", &shape, e.chans)?;
    Ok(lay::swapped(&mut net.rec, rows, [0, grid.height * width], [grid.height, width]))
}

/// Positions of the tokens that have any, on a grid of patches.
fn places(net: &mut Net, e: &Encoder, grid: Grid) -> Result<Buf, Error> {
    let (width, first, trained) = (e.heads.width, e.plan.first.len(), e.grid(e.image));
    let table = net.table("places", &[first + trained.rows(), width])?;
    if grid == trained {
        return Ok(table);
    }
    let patches = if first > 0 { lay::some(&mut net.rec, table, width, first, trained.rows()) } else { table };
    let fitted = match e.plan.fitting {
        Fitting::Cells => {
            let which = net.made_ids("cells", &cells(trained, grid));
            net.rec.gather(patches, which, width)
        }
        fitting => {
            let how = Resize { cubic: true, corners: false, antialias: fitting == Fitting::Antialias, step: None };
            net.rec.resize(patches, trained, grid, width, how)
        }
    };
    if first == 0 {
        return Ok(fitted);
    }
    let own = lay::some(&mut net.rec, table, width, 0, first);
    Ok(lay::under(&mut net.rec, &[own, fitted], width))
}

/// x: [rows, width] → the same.
fn layer(net: &mut Net, e: &Encoder, name: &str, x: Buf) -> Result<Buf, Error> {
    let width = e.heads.width;
    let y = net.layer_norm(x, &format!("{name}.attn_norm"), width, e.eps)?;
    let y = mutual(net, y, &format!("{name}.attn"), e.heads)?;
    let y = scaled(net, e, y, &format!("{name}.attn_scale"))?;
    let x = net.rec.add(x, y);
    let y = net.layer_norm(x, &format!("{name}.mlp_norm"), width, e.eps)?;
    let block = if e.plan.gated { mlp::gated } else { mlp::plain };
    let y = block(net, y, &format!("{name}.mlp"), width, e.inner, e.function)?;
    let y = scaled(net, e, y, &format!("{name}.mlp_scale"))?;
    Ok(net.rec.add(x, y))
}

fn scaled(net: &mut Net, e: &Encoder, y: Buf, name: &str) -> Result<Buf, Error> {
    if !e.plan.scaled {
        return Ok(y);
    }
    let by = net.vector(name, e.heads.width)?;
    Ok(net.rec.mul(y, by))
}
