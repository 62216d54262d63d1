//! Convolutional blocks over rows on a grid: one channel by itself, then all channels of one cell, squeeze and excite
//! between.

use crate::{Net, lay};
use squint_ops::op::{Pool, Shuffle};
use squint_ops::{Buf, Error, Grid, Window};

/// What stands where in a block of two or three convolutions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mobile {
    /// After the depthwise convolution.
    pub function: &'static str,
    /// Width inside the squeeze, and the curves after its two layers.
    pub squeeze: usize,
    pub curves: [&'static str; 2],
    pub eps: f32,
}

/// x: [grid, chans] → the window's grid: depthwise, norm, curve, squeeze and excite, pointwise, norm. Weights
/// `<name>.{depth,depth_norm,squeeze,excite,point,point_norm}`. Norms are over the channels of a cell.
pub fn mobile(
    net: &mut Net,
    x: Buf,
    name: &str,
    (on, by): (Grid, Window),
    [chans, outs]: [usize; 2],
    how: Mobile,
) -> Result<(Buf, Grid), Error> {
    let (y, to) = net.depthwise(x, &format!("{name}.depth"), on, chans, by)?;
    let y = net.layer_norm(y, &format!("{name}.depth_norm"), chans, how.eps)?;
    let y = net.rec.activate(y, chans, how.function, false)?;
    let y = excite(net, y, name, to, [chans, how.squeeze], how.curves)?;
    let y = net.linear_stored(y, &format!("{name}.point"), &[outs, chans, 1, 1], 0)?;
    Ok((net.layer_norm(y, &format!("{name}.point_norm"), outs, how.eps)?, to))
}

/// x: [grid, chans] → the same, each channel times what two small layers make of all channels' means. Weights
/// `<name>.{squeeze,excite}`.
pub fn excite(
    net: &mut Net,
    x: Buf,
    name: &str,
    on: Grid,
    [chans, inner]: [usize; 2],
    curves: [&str; 2],
) -> Result<Buf, Error> {
    let (mean, _) = net.rec.pool(x, on, chans, Pool::Bins(Grid::square(1)));
    let y = net.linear_stored(mean, &format!("{name}.squeeze"), &[inner, chans, 1, 1], 0)?;
    let y = net.rec.activate(y, inner, curves[0], false)?;
    let y = net.linear_stored(y, &format!("{name}.excite"), &[chans, inner, 1, 1], 0)?;
    let factors = net.rec.activate(y, chans, curves[1], false)?;
    Ok(net.rec.mul(x, factors))
}

/// x: [on, chans] → [twice on, outs]: a transposed convolution of 4×4 cells in steps of two, without the outermost cells. Of
/// each square of four new cells every one is made of the 2×2 old ones around it, so that it is a convolution with four times
/// the channels and no zeros among its weights. Weights `name`, [4 · outs, chans, 2, 2]: cell after cell of a square, row by
/// row.
pub fn doubled(net: &mut Net, x: Buf, name: &str, on: Grid, [chans, outs]: [usize; 2]) -> Result<Buf, Error> {
    let weight = net.table(&format!("{name}.weight"), &[4 * outs, chans, 2, 2])?;
    let bias = net.optional_vector(&format!("{name}.bias"), 4 * outs)?;
    let (squares, to) = net.rec.conv2d(x, (weight, bias), on, [chans, 4 * outs, 1], Window::new(2, 1, 1));
    let fine = Grid { height: 2 * to.height, width: 2 * to.width };
    let cells = net.rec.pixel_shuffle(squares, fine, outs, Shuffle { side: 2, back: true, down: false });
    let inner = Grid { height: fine.height - 2, width: fine.width - 2 };
    Ok(lay::inside(&mut net.rec, cells, (fine, [1, 1]), inner, outs))
}
