//! y[r] = Σ_e factor[r, e] · w[ids[r, e]] · x: a linear layer chosen row by row, for mixtures of experts. The experts of a
//! row share its x or have one each, and their answers stay apart or are summed. An id beyond the experts gives zeros.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Shards, Tolerance, WEIGHTS, ids, int, numbers, read, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, forms};

pub const SPEC: OpSpec = OpSpec {
    stem: "matmul_id",
    slots: &[read("x"), weight("w", WEIGHTS).part(&[0, 1, 2, 3]), ids("ids"), read("factors"), write("y")],
    fields: &[
        int("rows"),
        int("each"),
        int("outs"),
        int("depth"),
        int("experts"),
        int("own"),
        int("weighed"),
        int("summed"),
    ],
    shape: |p| {
        let [rows, each, outs, depth, experts, own, weighed, summed] = SPEC.words(p)?;
        let chosen = numbers(&[rows, each])?;
        Ok(vec![
            numbers(&[rows, if own == 1 { each } else { 1 }, depth])?,
            numbers(&[experts, outs, depth])?,
            chosen,
            if weighed == 1 { chosen } else { 0 },
            numbers(&[rows, if summed == 1 { 1 } else { each }, outs])?,
        ])
    },
    flops: |p| 2 * [p[0], p[1], p[2], p[3]].map(u64::from).iter().product::<u64>(),
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums of hundreds of products in another order, fused or not" },
    gpu: Gpu::Forms { forms: forms::MATMUL_ID, shards: Some(Shards { slot: 1, rows: &[4, 2] }) },
    case,
};

/// The experts of a layer, and what becomes of their answers.
#[derive(Clone, Copy, Debug)]
pub struct Experts {
    pub outs: usize,
    pub depth: usize,
    /// Experts of one row.
    pub each: usize,
    /// Their answers are summed into one row.
    pub summed: bool,
}

impl Recording {
    /// x: [rows, depth] or [rows, each, depth], w: [experts, outs, depth], ids: [rows, each], factors: [rows, each] if any
    /// → [rows, each, outs], or [rows, outs] summed
    pub fn matmul_id(&mut self, x: Buf, w: Buf, ids: Buf, factors: Option<Buf>, how: Experts) -> Buf {
        let Experts { outs, depth, each, summed } = how;
        let rows = self.def(ids).len / each;
        let experts = self.def(w).len / (outs * depth).max(1);
        let own = each > 1 && self.def(x).len == rows * each * depth;
        let y = self.temp(rows * outs * if summed { 1 } else { each });
        let sizes = [rows, each, outs, depth, experts, own as usize, factors.is_some() as usize, summed as usize];
        // Without factors the slot still wants a buffer; it is not read.
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[x, w, ids, factors.unwrap_or(x), y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, each, outs, depth, experts, own, weighed, summed] = SPEC.words(params)?.map(|v| v as usize);
    let [x, w, ids, factors, y] = views.split()?;
    let (x, ids, factors, y) = (x.f32()?, ids.u32()?, factors.f32()?, y.f32_mut()?);
    y[..rows * outs * if summed == 1 { 1 } else { each }].fill(0.0);
    for choice in 0..rows * each {
        let expert = ids[choice] as usize;
        let x = &x[if own == 1 { choice } else { choice / each } * depth..][..depth];
        let to = if summed == 1 { choice / each } else { choice } * outs;
        let factor = if weighed == 1 { factors[choice] } else { 1.0 };
        for o in 0..if expert < experts { outs } else { 0 } {
            let w = w.row((expert * outs + o) * depth, depth)?;
            y[to + o] += factor * (0..depth).map(|k| x[k] * w[k]).sum::<f32>();
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, outs, depth, experts) = (rng.size(1, 9), rng.size(1, 40), rng.size(1, 100), rng.size(1, 5));
    let kind = *rng.pick(WEIGHTS);
    // A row is a whole number of blocks.
    let depth = depth.div_ceil(kind.block) * kind.block;
    let how = Experts { outs, depth, each: rng.size(1, 3), summed: rng.coin() };
    let (own, weighed) = (rng.coin(), rng.coin());
    let mut case = Case::new(format!("{rows} rows, {experts} of {how:?} {kind:?}, own {own}, weighed {weighed}"));
    let x = case.numbers(rng, rows * depth * if own { how.each } else { 1 });
    let w = case.matrix(rng, kind, experts * outs, depth);
    // One expert more than there are, so that the last one sometimes falls outside.
    let ids = case.ids(rng, rows * how.each, experts + 1);
    let factors = weighed.then(|| case.numbers(rng, rows * how.each));
    let y = case.rec.matmul_id(x, w, ids, factors, how);
    case.output(y)
}
