//! Pixel shuffle: squares of rows become one row, their numbers side by side, through one layer without a bias (Idefics3,
//! SmolVLM: <https://arxiv.org/abs/2408.12637>).

use super::{Project, Projector, View, wrong};
use crate::oracle;
use squint_nn::Net;
use squint_ops::op::Shuffle;
use squint_ops::{Buf, Error};
use squint_weights::Fact;

pub static PIXEL_SHUFFLE: Projector = Projector {
    name: "pixel shuffle",
    oracle: oracle::TRANSFORMERS,
    types: &["idefics3", "pixel_shuffle"],
    naming: &[["projector.weight", "mm.model.fc.weight", "model.connector.modality_projection.proj.weight"]],
    read: |facts, ends| {
        let side = facts.size_or(Fact { gguf: ".clip.vision.projector.scale_factor", hf: "scale_factor" }, 2, 64)?;
        let view = ends.view()?;
        if !view.grid.height.is_multiple_of(side) || !view.grid.width.is_multiple_of(side) {
            return wrong(format!("{}×{} cells are no squares of {side}", view.grid.height, view.grid.width));
        }
        Ok(Box::new(Squares { view, side, width: ends.width }))
    },
};

struct Squares {
    view: View,
    side: usize,
    width: usize,
}

impl Project for Squares {
    fn tokens(&self) -> usize {
        self.view.grid.rows() / (self.side * self.side)
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let x = self.view.patches(net, x[0]);
        let how = Shuffle { side: self.side, back: false, down: false };
        let x = net.rec.pixel_shuffle(x, self.view.grid, self.view.chans, how);
        net.linear(x, "projector", self.side * self.side * self.view.chans, self.width)
    }
}
