//! Projectors over two encoders, each through layers of its own: joined number by number before a common last layer
//! (DeepSeek-VL, <https://arxiv.org/abs/2403.05525>), without one (Vary), or row after row in turn (mixture of features,
//! <https://arxiv.org/abs/2401.06209>).

use super::chain::{Link, run};
use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::oracle;
use squint_nn::Net;
use squint_ops::op::Span;
use squint_ops::{Buf, Error};

pub static HYBRID: Projector = Projector {
    name: "two encoders, half the width each",
    oracle: oracle::PYTORCH,
    types: &["low_high_hybrid_split_mlp_gelu"],
    naming: &[
        ["projector.first.0.weight", "", "aligner.high_up_proj.weight"],
        ["projector.first.0.bias", "", "aligner.high_up_proj.bias"],
        ["projector.second.0.weight", "", "aligner.low_up_proj.weight"],
        ["projector.second.0.bias", "", "aligner.low_up_proj.bias"],
        ["projector.last.weight", "", "aligner.layers.1.weight"],
        ["projector.last.bias", "", "aligner.layers.1.bias"],
    ],
    read: |_, ends| {
        let after = vec![Link::Function("gelu"), Link::Linear("projector.last", ends.width)];
        Pair::boxed(ends, Join::Numbers, halves(ends), after)
    },
};

pub static BESIDE: Projector = Projector {
    name: "two encoders side by side",
    oracle: oracle::PYTORCH,
    types: &["vary"],
    naming: &[
        ["projector.first.0.weight", "", "model.mm_projector.weight"],
        ["projector.first.0.bias", "", "model.mm_projector.bias"],
        ["projector.second.0.weight", "", "model.mm_projector_vary.weight"],
        ["projector.second.0.bias", "", "model.mm_projector_vary.bias"],
    ],
    read: |_, ends| Pair::boxed(ends, Join::Numbers, halves(ends), vec![]),
};

pub static MIXED: Projector = Projector {
    name: "two encoders in turn",
    oracle: oracle::PYTORCH,
    types: &["mof_mlp"],
    naming: &[
        ["projector.first.{}.weight", "", "connector._connector.clip.{}.weight"],
        ["projector.first.{}.bias", "", "connector._connector.clip.{}.bias"],
        ["projector.second.{}.weight", "", "connector._connector.dinov2.{}.weight"],
        ["projector.second.{}.bias", "", "connector._connector.dinov2.{}.bias"],
    ],
    read: |_, ends| {
        let layers = |[one, two]: [&'static str; 2]| {
            vec![Link::Linear(one, ends.width), Link::Function("gelu"), Link::Linear(two, ends.width)]
        };
        let sides = [["projector.first.0", "projector.first.2"], ["projector.second.0", "projector.second.2"]];
        Pair::boxed(ends, Join::Rows, sides.map(layers), vec![])
    },
};

#[derive(Clone, Copy, PartialEq)]
enum Join {
    /// Rows of both become one.
    Numbers,
    /// One row of the first, one of the second.
    Rows,
}

struct Pair {
    views: [View; 2],
    width: usize,
    join: Join,
    each: [Vec<Link>; 2],
    after: Vec<Link>,
}

fn halves(ends: &Ends) -> [Vec<Link>; 2] {
    ["projector.first.0", "projector.second.0"].map(|name| vec![Link::Linear(name, ends.width / 2)])
}

impl Pair {
    fn boxed(ends: &Ends, join: Join, each: [Vec<Link>; 2], after: Vec<Link>) -> Result<Fitted, Error> {
        let views = ends.views::<2>()?;
        if views[0].grid.rows() != views[1].grid.rows() || !ends.width.is_multiple_of(2) {
            let rows = views.map(|v| v.grid.rows());
            return wrong(format!("encoders of {} and {} rows for a width of {}", rows[0], rows[1], ends.width));
        }
        Ok(Box::new(Pair { views, width: ends.width, join, each, after }))
    }
}

impl Project for Pair {
    fn tokens(&self) -> usize {
        self.views[0].grid.rows() * if self.join == Join::Rows { 2 } else { 1 }
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let rows = self.views[0].grid.rows();
        let each = if self.join == Join::Rows { self.width } else { self.width / 2 };
        // Either way a number of the second stands `each` after that of the first.
        let both = net.rec.temp(2 * rows * each);
        for (i, view) in self.views.iter().enumerate() {
            let y = view.patches(net, x[i]);
            let y = run(net, y, view.grid, view.chans, &self.each[i])?;
            let to = Span { at: ((i * each) as u32).into(), step: 2 * each };
            net.rec.copy(y, Span { at: 0.into(), step: each }, both, to, (rows as u32).into(), each);
        }
        run(net, both, self.views[0].grid, self.width, &self.after)
    }
}
