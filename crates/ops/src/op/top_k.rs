//! ids[r] = places of the k largest x[r, c], of equals the first; weights[r] = those numbers, or their share. Largest
//! first, or in ascending order of places, as kept tokens and caches want them.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write, write_ids};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "top_k",
    slots: &[read("x"), write_ids("ids"), write("weights")],
    fields: &[int("rows"), int("cols"), int("k"), int("by_place"), int("share")],
    shape: |p| {
        let [rows, cols, k, _, _] = SPEC.words(p)?;
        if k > cols || cols > MOST_COLS {
            return Err(Error::bug(format!("top_k: {k} of {cols} columns, at most {MOST_COLS}")));
        }
        let kept = numbers(&[rows, k])?;
        Ok(vec![numbers(&[rows, cols])?, kept, kept])
    },
    // The GPU looks at every number once for each bit of the last one kept.
    flops: |p| 32 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance {
        limit: 2e-5,
        because: "shares have the GPU's exp; places are whole and below 700 here, so they are exact",
    },
    gpu: Gpu::Shader { grid: |p| fold(p[0]) },
    case,
};

/// The shader keeps places in f32 for a while.
const MOST_COLS: u32 = 1 << 24;

/// What comes with the places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// The numbers themselves.
    No,
    /// Softmax over the k kept: a router that weighs its experts anew.
    OfKept,
    /// Softmax over the whole row.
    OfAll,
}

impl Recording {
    /// x: [rows, cols] → places: [rows, k], weights: [rows, k]
    pub fn top_k(&mut self, x: Buf, cols: usize, k: usize, by_place: bool, share: Share) -> [Buf; 2] {
        let rows = self.def(x).len / cols;
        let ids = self.buffer("top_k", Role::Temp, Kind::U32, rows * k);
        let weights = self.temp(rows * k);
        let words = [rows, cols, k, by_place as usize, share as usize].map(|n| (n as u32).into());
        self.step(&SPEC, &words, &[x, ids, weights]);
        [ids, weights]
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, k, by_place, share] = SPEC.words(params)?.map(|v| v as usize);
    let [x, ids, weights] = views.split()?;
    let (x, ids, weights) = (x.f32()?, ids.u32_mut()?, weights.f32_mut()?);
    for r in 0..rows {
        let x = &x[r * cols..][..cols];
        let mut places: Vec<usize> = (0..cols).collect();
        // A stable sort leaves equals in the order of their places; 0 and −0 are equal.
        places.sort_by(|a, b| x[*b].partial_cmp(&x[*a]).unwrap_or(std::cmp::Ordering::Equal));
        let most = places.first().map_or(0.0, |top| x[*top]);
        // In f32, hundreds of equal shares would all be rounded the same way.
        let part = |c: usize| ((x[c] - most) as f64).exp();
        let all = if share == Share::OfAll as usize { cols } else { k };
        let total: f64 = places[..all].iter().map(|c| part(*c)).sum();
        places.truncate(k);
        if by_place == 1 {
            places.sort();
        }
        for (i, c) in places.into_iter().enumerate() {
            ids[r * k + i] = c as u32;
            weights[r * k + i] = if share == Share::No as usize { x[c] } else { (part(c) / total) as f32 };
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 9), rng.size(1, 700));
    let k = rng.size(1, cols);
    let (by_place, share) = (rng.coin(), *rng.pick(&[Share::No, Share::OfKept, Share::OfAll]));
    let mut case = Case::new(format!("{k} of {rows}×{cols}, by place {by_place}, share {share:?}"));
    // Often a handful of values only, so that equals stand on both sides of the border.
    let levels = rng.size(2, 50);
    let x = if rng.coin() { case.levels(rng, rows * cols, levels) } else { case.spread(rng, rows * cols, 5.0) };
    let [ids, weights] = case.rec.top_k(x, cols, k, by_place, share);
    case.output(ids).output(weights)
}
