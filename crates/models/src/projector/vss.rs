//! Visual selective scan: rows learn of each other by walking over the grid in two or four orders (VL-Mamba,
//! <https://arxiv.org/abs/2403.13600>). Its code was never published: this is what the paper describes, around the scan and
//! the names of VMamba, <https://arxiv.org/abs/2401.10166>.

use super::chain::{Link, run};
use super::{Ends, Fitted, Project, Projector, View};
use crate::Naming;
use crate::oracle;
use squint_nn::Net;
use squint_nn::ssm::{Scan2d, scan_2d};
use squint_ops::{Buf, Error};
use squint_weights::{Fact, Facts};

/// Between two linear layers; forward and backward along rows.
pub static VSS_L2: Projector = Projector {
    name: "vss between linear layers, raster scan",
    oracle: oracle::PYTORCH,
    types: &["vss_l2_raster", "vss_l2_bsm"],
    naming: RASTER,
    read: |facts, ends| Vss::boxed(facts, ends, 2, false),
};

/// The same; along rows and along columns, both ways.
pub static VSS_L2_CROSS: Projector = Projector {
    name: "vss between linear layers, cross scan",
    oracle: oracle::PYTORCH,
    types: &["vss_l2_cross", "vss_l2_csm"],
    naming: CROSS,
    read: |facts, ends| Vss::boxed(facts, ends, 4, false),
};

/// Before an MLP.
pub static VSS_MLP: Projector = Projector {
    name: "vss before an mlp, raster scan",
    oracle: oracle::PYTORCH,
    types: &["vss_mlp_raster", "vss_mlp_bsm"],
    naming: RASTER,
    read: |facts, ends| Vss::boxed(facts, ends, 2, true),
};

pub static VSS_MLP_CROSS: Projector = Projector {
    name: "vss before an mlp, cross scan",
    oracle: oracle::PYTORCH,
    types: &["vss_mlp_cross", "vss_mlp_csm"],
    naming: CROSS,
    read: |facts, ends| Vss::boxed(facts, ends, 4, true),
};

const RASTER: Naming = &[
    ["projector.vss.norm.weight", "", "model.mm_projector.vss.ln_1.weight"],
    ["projector.vss.norm.bias", "", "model.mm_projector.vss.ln_1.bias"],
    ["projector.vss.scan.in.weight", "", "model.mm_projector.vss.self_attention.in_proj.weight"],
    ["projector.vss.scan.conv.weight", "", "model.mm_projector.vss.self_attention.conv2d.weight"],
    ["projector.vss.scan.conv.bias", "", "model.mm_projector.vss.self_attention.conv2d.bias"],
    ["projector.vss.scan.paths.{}.x.weight", "", "model.mm_projector.vss.self_attention.x_proj_weight#{}/2"],
    ["projector.vss.scan.paths.{}.dt.weight", "", "model.mm_projector.vss.self_attention.dt_projs_weight#{}/2"],
    ["projector.vss.scan.paths.{}.dt.bias", "", "model.mm_projector.vss.self_attention.dt_projs_bias#{}/2"],
    ["projector.vss.scan.paths.{}.decay", "", "model.mm_projector.vss.self_attention.A_logs#{}/2"],
    ["projector.vss.scan.paths.{}.skip", "", "model.mm_projector.vss.self_attention.Ds#{}/2"],
    ["projector.vss.scan.norm.weight", "", "model.mm_projector.vss.self_attention.out_norm.weight"],
    ["projector.vss.scan.norm.bias", "", "model.mm_projector.vss.self_attention.out_norm.bias"],
    ["projector.vss.scan.out.weight", "", "model.mm_projector.vss.self_attention.out_proj.weight"],
    ["projector.{}.weight", "", "model.mm_projector.{}.weight"],
    ["projector.{}.bias", "", "model.mm_projector.{}.bias"],
];

const CROSS: Naming = &[
    ["projector.vss.norm.weight", "", "model.mm_projector.vss.ln_1.weight"],
    ["projector.vss.norm.bias", "", "model.mm_projector.vss.ln_1.bias"],
    ["projector.vss.scan.in.weight", "", "model.mm_projector.vss.self_attention.in_proj.weight"],
    ["projector.vss.scan.conv.weight", "", "model.mm_projector.vss.self_attention.conv2d.weight"],
    ["projector.vss.scan.conv.bias", "", "model.mm_projector.vss.self_attention.conv2d.bias"],
    ["projector.vss.scan.paths.{}.x.weight", "", "model.mm_projector.vss.self_attention.x_proj_weight#{}/4"],
    ["projector.vss.scan.paths.{}.dt.weight", "", "model.mm_projector.vss.self_attention.dt_projs_weight#{}/4"],
    ["projector.vss.scan.paths.{}.dt.bias", "", "model.mm_projector.vss.self_attention.dt_projs_bias#{}/4"],
    ["projector.vss.scan.paths.{}.decay", "", "model.mm_projector.vss.self_attention.A_logs#{}/4"],
    ["projector.vss.scan.paths.{}.skip", "", "model.mm_projector.vss.self_attention.Ds#{}/4"],
    ["projector.vss.scan.norm.weight", "", "model.mm_projector.vss.self_attention.out_norm.weight"],
    ["projector.vss.scan.norm.bias", "", "model.mm_projector.vss.self_attention.out_norm.bias"],
    ["projector.vss.scan.out.weight", "", "model.mm_projector.vss.self_attention.out_proj.weight"],
    ["projector.{}.weight", "", "model.mm_projector.{}.weight"],
    ["projector.{}.bias", "", "model.mm_projector.{}.bias"],
];

struct Vss {
    view: View,
    before: Vec<Link>,
    scan: Scan2d,
    after: Vec<Link>,
}

impl Vss {
    fn boxed(facts: &Facts, ends: &Ends, paths: usize, mlp: bool) -> Result<Fitted, Error> {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        let view = ends.view()?;
        // Before an MLP rows keep the encoder's width.
        let width = if mlp { view.chans } else { size("vss_width", ends.width, 1 << 16)? };
        let scan = Scan2d {
            paths,
            width,
            inner: size("vss_ratio", 2, 16)? * width,
            states: size("vss_states", 16, 64)?,
            rank: size("vss_rank", width.div_ceil(16), 1 << 12)?,
        };
        let last = |name| Link::Linear(name, ends.width);
        let (before, after) = match mlp {
            true => (vec![], vec![last("projector.0"), Link::Function("gelu"), last("projector.2")]),
            false => (vec![Link::Linear("projector.0", width)], vec![last("projector.1")]),
        };
        Ok(Box::new(Vss { view, before, scan, after }))
    }
}

impl Project for Vss {
    fn tokens(&self) -> usize {
        self.view.grid.rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (on, width) = (self.view.grid, self.scan.width);
        let x = self.view.patches(net, x[0]);
        let x = run(net, x, on, self.view.chans, &self.before)?;
        let y = net.layer_norm(x, "projector.vss.norm", width, 1e-6)?;
        let y = scan_2d(net, y, "projector.vss.scan", on, self.scan)?;
        let x = net.rec.add(x, y);
        run(net, x, on, width, &self.after)
    }
}
