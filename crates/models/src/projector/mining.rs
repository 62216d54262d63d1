//! Patch-info mining: each row of a coarse encoder looks at the cells of a fine one that lie under it, and what it finds is
//! added to it (Mini-Gemini, <https://arxiv.org/abs/2403.18814>). Then LLaVA-1.5's layers.

use super::chain::{Link, run};
use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::oracle;
use squint_nn::Net;
use squint_ops::op::Shuffle;
use squint_ops::{Buf, Error};

pub static MINING: Projector = Projector {
    name: "patch-info mining",
    oracle: oracle::PYTORCH,
    types: &["patch_info_mining"],
    naming: &[
        ["projector.query_norm.weight", "", "model.vlm_uni_query_projector.0.weight"],
        ["projector.query_norm.bias", "", "model.vlm_uni_query_projector.0.bias"],
        ["projector.query.weight", "", "model.vlm_uni_query_projector.1.weight"],
        ["projector.query.bias", "", "model.vlm_uni_query_projector.1.bias"],
        ["projector.key_norm.weight", "", "model.vlm_uni_aux_projector.0.weight"],
        ["projector.key_norm.bias", "", "model.vlm_uni_aux_projector.0.bias"],
        ["projector.key.weight", "", "model.vlm_uni_aux_projector.1.weight"],
        ["projector.key.bias", "", "model.vlm_uni_aux_projector.1.bias"],
        ["projector.value_norm.weight", "", "model.vlm_uni_val_projector.0.weight"],
        ["projector.value_norm.bias", "", "model.vlm_uni_val_projector.0.bias"],
        ["projector.value.weight", "", "model.vlm_uni_val_projector.1.weight"],
        ["projector.value.bias", "", "model.vlm_uni_val_projector.1.bias"],
        ["projector.{}.weight", "", "model.mm_projector.{}.weight"],
        ["projector.{}.bias", "", "model.mm_projector.{}.bias"],
    ],
    read: |_, ends| Mining::boxed(ends),
};

struct Mining {
    coarse: View,
    fine: View,
    /// Fine cells along the side of a coarse one.
    side: usize,
    width: usize,
}

impl Mining {
    fn boxed(ends: &Ends) -> Result<Fitted, Error> {
        let [coarse, fine] = ends.views::<2>()?;
        let side = fine.grid.height / coarse.grid.height.max(1);
        if side == 0 || [side * coarse.grid.height, side * coarse.grid.width] != [fine.grid.height, fine.grid.width] {
            let [on, under] = [coarse.grid, fine.grid].map(|g| format!("{}×{}", g.height, g.width));
            return wrong(format!("{under} fine cells do not lie under {on} coarse ones in squares"));
        }
        Ok(Box::new(Mining { coarse, fine, side, width: ends.width }))
    }
}

impl Project for Mining {
    fn tokens(&self) -> usize {
        self.coarse.grid.rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (inner, on) = (self.coarse.chans, self.coarse.grid);
        let x = [self.coarse.patches(net, x[0]), self.fine.patches(net, x[1])];
        let of = |net: &mut Net, x: Buf, name: &str, chans: usize| {
            let y = net.layer_norm(x, &format!("projector.{name}_norm"), chans, 1e-5)?;
            net.linear(y, &format!("projector.{name}"), chans, inner)
        };
        let q = of(net, x[0], "query", inner)?;
        let [k, v] = ["key", "value"].map(|name| -> Result<Buf, Error> {
            let y = of(net, x[1], name, self.fine.chans)?;
            let how = Shuffle { side: self.side, back: false, down: false };
            Ok(net.rec.pixel_shuffle(y, self.fine.grid, inner, how))
        });
        let found = net.rec.cell_attention(q, [k?, v?], inner);
        let x = net.rec.add(x[0], found);
        let last = |name| Link::Linear(name, self.width);
        run(net, x, on, inner, &[last("projector.0"), Link::Function("gelu"), last("projector.2")])
    }
}
