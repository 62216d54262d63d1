//! Links between rows of an encoder and rows of a language model, one after the other: linear layers, and what stands
//! between them.

use super::{Fitted, Project, View, wrong};
use squint_nn::Net;
use squint_ops::op::Pool;
use squint_ops::{Buf, Error, Grid, Window};

/// One link; `linear` and `norm` name their weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Link {
    /// To so many numbers a row.
    Linear(&'static str, usize),
    /// The same over four rows side by side, which the checkpoint has number by number, not row by row.
    Interleaved(&'static str, usize),
    Function(&'static str),
    /// Mean and deviation.
    Norm(&'static str, f32),
    /// The mean of squares of this side; what is left at the far edges is not seen.
    Average(usize),
    /// So many rows in raster order become one, side by side.
    Side(usize),
}

pub(super) struct Chain {
    pub view: View,
    pub links: Vec<Link>,
}

impl Chain {
    pub fn boxed(view: View, links: Vec<Link>) -> Result<Fitted, Error> {
        let chain = Chain { view, links };
        if chain.rows().is_none() {
            return wrong(format!("{} rows do not come in the groups of this projector", view.grid.rows()));
        }
        Ok(Box::new(chain))
    }

    fn rows(&self) -> Option<usize> {
        let mut grid = self.view.grid;
        for link in &self.links {
            grid = after(link, grid)?;
        }
        Some(grid.rows())
    }
}

/// The grid after a link; rows that have been joined lie in one line. None where they do not come in such groups.
fn after(link: &Link, grid: Grid) -> Option<Grid> {
    match link {
        Link::Average(side) => Some(Window::patches(*side).over(grid)).filter(|g| g.rows() > 0),
        Link::Side(n) => {
            let fits = grid.rows().is_multiple_of(*n);
            fits.then(|| Grid { height: 1, width: grid.rows() / n })
        }
        _ => Some(grid),
    }
}

impl Project for Chain {
    fn tokens(&self) -> usize {
        self.rows().unwrap_or(0)
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let x = self.view.patches(net, x[0]);
        run(net, x, self.view.grid, self.view.chans, &self.links)
    }
}

/// x: [grid, cols] through all links.
pub(super) fn run(net: &mut Net, x: Buf, on: Grid, cols: usize, links: &[Link]) -> Result<Buf, Error> {
    let (mut x, mut on, mut cols) = (x, on, cols);
    for link in links {
        match *link {
            Link::Linear(name, outs) => (x, cols) = (net.linear(x, name, cols, outs)?, outs),
            Link::Interleaved(name, outs) => {
                (x, cols) = (net.linear_stored(x, name, &[outs, cols], cols / 4)?, outs);
            }
            Link::Function(name) => x = net.rec.activate(x, cols, name, false)?,
            Link::Norm(name, eps) => x = net.layer_norm(x, name, cols, eps)?,
            Link::Average(side) => {
                let window = Window::patches(side);
                x = net.rec.pool(x, on, cols, Pool::Mean { window, edge: false }).0;
            }
            // Rows lie one after the other already.
            Link::Side(n) => cols *= n,
        }
        on = after(link, on).unwrap_or(on);
    }
    Ok(x)
}
