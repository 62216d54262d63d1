//! y[r, o] = f(Σ_k x[r, k] · w[o, k]) · Σ_k x[r, k] · w[outs + o, k]: the first half of a gated feed-forward block. Gate
//! and up lie row upon row in one weight, and neither's products are ever written down.

use super::activate::{self, FUNCTIONS};
use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, WEIGHTS, int, numbers, read, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, forms};

pub const SPEC: OpSpec = OpSpec {
    stem: "matmul_gated",
    slots: &[read("x"), weight("w", WEIGHTS), write("y")],
    fields: &[int("rows"), int("outs"), int("depth"), int("function")],
    shape: |p| {
        let [rows, outs, depth, function] = SPEC.words(p)?;
        if function as usize >= FUNCTIONS.len() {
            return Err(Error::bug(format!("matmul_gated: function {function}")));
        }
        Ok(vec![numbers(&[rows, depth])?, numbers(&[outs, depth, 2])?, numbers(&[rows, outs])?])
    },
    flops: |p| (4 * p[2] as u64 + 9) * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance {
        limit: 2e-5,
        because: "two sums of hundreds of products in another order, fused or not, multiplied; and the activation's",
    },
    // A shard would have to hold rows of both halves, so there are none: see `Recording::matmul_gated`.
    gpu: Gpu::Forms { forms: forms::MATMUL_GATED, shards: None },
    case,
};

/// Bytes that every WebGPU device binds as one buffer.
const ONE_BUFFER: usize = 128 << 20;

impl Recording {
    /// x: [rows, depth], w: [2·outs, depth], gate upon up → [rows, outs]. Two steps where the weight may come in shards.
    pub fn matmul_gated(&mut self, x: Buf, w: Buf, depth: usize, function: &str) -> Result<Buf, Error> {
        let (rows, outs, kind) = (self.def(x).len / depth, self.def(w).len / depth / 2, self.def(w).kind);
        // Blocks that are no whole words are filled up on a GPU.
        let block = if kind.block > 1 { kind.bytes.next_multiple_of(4) } else { kind.bytes };
        if self.def(w).len / kind.block * block > ONE_BUFFER {
            let both = self.matmul(x, w, depth);
            return self.activate(both, outs, function, true);
        }
        let at = activate::number(function)?;
        let y = self.temp(rows * outs);
        self.step(&SPEC, &[rows, outs, depth, at].map(|n| (n as u32).into()), &[x, w, y]);
        Ok(y)
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, outs, depth, function] = SPEC.words(params)?.map(|v| v as usize);
    let [x, w, y] = views.split()?;
    let (x, y, f) = (x.f32()?, y.f32_mut()?, FUNCTIONS[function].apply);
    for o in 0..outs {
        let (gate, up) = (w.row(o * depth, depth)?, w.row((outs + o) * depth, depth)?);
        for r in 0..rows {
            let x = &x[r * depth..][..depth];
            let dot = |w: &[f32]| -> f32 { (0..depth).map(|k| x[k] * w[k]).sum() };
            y[r * outs + o] = f(dot(&gate)) * dot(&up);
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, outs, depth) = (rng.size(1, 60), rng.size(1, 70), rng.size(1, 260));
    let (kind, function) = (*rng.pick(WEIGHTS), rng.pick(FUNCTIONS));
    // A row is a whole number of blocks.
    let depth = depth.div_ceil(kind.block) * kind.block;
    let mut case = Case::new(format!("{} {rows}×2·{outs}×{depth} {kind:?}", function.name));
    // Both factors have the standard deviation √depth / 3, as in `matmul`. What rounding does to one is multiplied with
    // the other, which among hundreds is three times that large.
    case.typical = 3.0 * depth as f32 / 9.0;
    let x = case.numbers(rng, rows * depth);
    let w = case.matrix(rng, kind, 2 * outs, depth);
    match case.rec.matmul_gated(x, w, depth, function.name) {
        Ok(y) => case.output(y),
        Err(_) => case,
    }
}
