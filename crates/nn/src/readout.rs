//! What is made of an encoder's last rows: one row for the whole picture, or the scores of a classifier.

use crate::encoder::Encoder;
use crate::{Net, attention, lay, mlp};
use squint_ops::op::Pool;
use squint_ops::{Buf, Error, Grid};

/// Rows after all layers → what is read out of them, none where the model has no such thing.
pub type Readout = fn(&mut Net, &Encoder, Buf) -> Result<Option<Buf>, Error>;

/// Nothing.
pub fn nothing(_: &mut Net, _: &Encoder, _: Buf) -> Result<Option<Buf>, Error> {
    Ok(None)
}

/// The class token's row.
pub fn first(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    Ok(Some(lay::some(&mut net.rec, rows, e.heads.width, 0, 1)))
}

/// The class token's row through a norm, and through `project` where the checkpoint compares pictures with texts.
pub fn first_normed(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    let row = lay::some(&mut net.rec, rows, e.heads.width, 0, 1);
    let row = net.layer_norm(row, "norm", e.heads.width, e.eps)?;
    if e.shared == 0 {
        return Ok(Some(row));
    }
    net.linear(row, "project", e.heads.width, e.shared).map(Some)
}

/// The class token's row through a layer and a curve, where the checkpoint has them. Weights `pool`.
pub fn first_curved(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    let width = e.heads.width;
    if e.shared == 0 || !net.has("pool.weight", e.shared, width)? {
        return Ok(None);
    }
    let row = lay::some(&mut net.rec, rows, width, 0, 1);
    let row = net.linear(row, "pool", width, e.shared)?;
    net.rec.activate(row, e.shared, e.curve, false).map(Some)
}

/// A learned row looks at all rows, and what it sees goes through a feed-forward block. Weights `pool.{attn,norm,mlp}`.
pub fn looking(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    if e.shared == 0 {
        return Ok(None);
    }
    let query = net.table("pool.query", &[1, e.heads.width])?;
    let x = attention::one(net, query, rows, "pool.attn", e.heads)?;
    let y = net.layer_norm(x, "pool.norm", e.heads.width, e.eps)?;
    let y = mlp::plain(net, y, "pool.mlp", e.heads.width, e.inner, e.function)?;
    Ok(Some(net.rec.add(x, y)))
}

/// Classes by the class token.
pub fn by_first(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    if e.classes == 0 {
        return Ok(None);
    }
    let row = lay::some(&mut net.rec, rows, e.heads.width, 0, 1);
    net.linear(row, "head", e.heads.width, e.classes).map(Some)
}

/// Classes by the class token; by the mean of what it and the distillation token say, where both have heads of their own.
pub fn by_both(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    let width = e.heads.width;
    if e.classes == 0 || !net.has("distilled_head.weight", e.classes, width)? {
        return by_first(net, e, rows);
    }
    let mut said = vec![];
    for (i, head) in ["class_head", "distilled_head"].into_iter().enumerate() {
        let row = lay::some(&mut net.rec, rows, width, i, 1);
        said.push(net.linear(row, head, width, e.classes)?);
    }
    let sum = net.rec.add(said[0], said[1]);
    Ok(Some(net.rec.scale(sum, 0.5, 0.0)))
}

/// Classes by the class token and the mean of the patches, side by side.
pub fn by_first_and_mean(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    if e.classes == 0 {
        return Ok(None);
    }
    let row = lay::some(&mut net.rec, rows, e.heads.width, 0, 1);
    let mean = mean(net, e, rows);
    let both = lay::beside(&mut net.rec, &[row, mean], 1);
    net.linear(both, "head", 2 * e.heads.width, e.classes).map(Some)
}

/// Classes by the mean of the patches.
pub fn by_mean(net: &mut Net, e: &Encoder, rows: Buf) -> Result<Option<Buf>, Error> {
    if e.classes == 0 {
        return Ok(None);
    }
    let mean = mean(net, e, rows);
    net.linear(mean, "head", e.heads.width, e.classes).map(Some)
}

/// The mean of the rows of patches.
fn mean(net: &mut Net, e: &Encoder, rows: Buf) -> Buf {
    let (width, before) = (e.heads.width, e.before());
    let count = net.rec.def(rows).len / width - before;
    let patches = if before > 0 { lay::some(&mut net.rec, rows, width, before, count) } else { rows };
    let (mean, _) = net.rec.pool(patches, Grid { height: count, width: 1 }, width, Pool::Bins(Grid::square(1)));
    mean
}
