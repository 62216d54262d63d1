//! One number a key: how much attention it gets. softmax(scale · q · k + bias) of every query looked at, then the mean or
//! maximum over those queries, then over the heads (or each head by itself). No map of queries × keys exists; each score
//! is computed twice instead, once for `score_norm` and once here.

use super::score_norm::{Looks, draw, scores};
use crate::case::{Case, Rng};
use crate::sight::CACHE;
use crate::spec::{Gpu, Tolerance, float, fold, ids, int, numbers, read, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "score_reduce",
    slots: &[
        read("q").part(&[0, 3, 5]),
        weight("k", CACHE).part(&[4, 6, 5]),
        read("bias"),
        ids("places"),
        read("norm"),
        write("y"),
    ],
    fields: &[
        int("count"),
        int("first"),
        int("placed"),
        int("heads"),
        int("groups"),
        int("head"),
        int("keys"),
        int("room"),
        int("start"),
        int("causal"),
        int("prefix"),
        int("biased"),
        float("scale"),
        int("over_queries"),
        int("over_heads"),
        int("width"),
    ],
    shape: |p| {
        let [count, .., over_queries, over_heads, width] = SPEC.words::<16>(p)?;
        let mut sizes = (super::score_norm::SPEC.shape)(&p[..13])?;
        if count == 0 || over_queries > 1 || over_heads > 2 || width < p[6] {
            return Err(Error::bug(format!("score_reduce: {count} queries, {} keys into {width}", p[6])));
        }
        sizes.push(numbers(&[if over_heads == Over::Each as u32 { p[3] } else { 1 }, width])?);
        Ok(sizes)
    },
    flops: |p| 2 * [p[0], p[3], p[5], p[6]].map(u64::from).iter().product::<u64>(),
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums in another order, and the GPU's exp of a score less its log" },
    gpu: Gpu::Shader { grid: |p| fold(p[15] * if p[14] == Over::Each as u32 { p[3] } else { 1 }) },
    case,
};

/// How several scores of a key become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    Mean,
    Max,
    /// They do not: heads only.
    Each,
}

impl Recording {
    /// q: [rows, heads, head], k: [groups, room, head] → [keys], or [heads, keys] for each head. Where the number of keys
    /// is a run value, `room` numbers come out and those beyond the keys are zeros.
    pub fn score_reduce(
        &mut self,
        [q, k]: [Buf; 2],
        [heads, groups, head]: [usize; 3],
        looks: Looks,
        [queries, each]: [Over; 2],
    ) -> Buf {
        let room = self.def(k).len / (groups * head).max(1);
        let width = match looks.sight.keys {
            Word::Fixed(keys) => keys as usize,
            Word::Run(_) => room,
        };
        let norm = self.score_norm(q, k, [heads, groups, head], looks);
        let y = self.temp(width * if each == Over::Each { heads } else { 1 });
        let mut words = looks.words([heads, groups, head], room);
        words.extend([queries as u32, each as u32, width as u32].map(Word::from));
        let places = looks.places.unwrap_or_else(|| self.nothing());
        self.step(&SPEC, &words, &[q, k, looks.bias.unwrap_or(q), places, norm, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let (count, heads) = (params[0] as usize, params[3] as usize);
    let [over_queries, over_heads, width] = [params[13], params[14], params[15]];
    let width = width as usize;
    let [q, k, bias, places, norm, y] = views.split()?;
    let (norm, y) = (norm.f32()?, y.f32_mut()?);
    let out = if over_heads == Over::Each as u32 { heads } else { 1 };
    y[..out * width].fill(0.0);
    for h in 0..heads {
        let mut by_key = vec![0.0f32; width];
        for i in 0..count {
            let scores = scores(&params[..13], [q, k, bias, places], i, h)?;
            for (j, score) in scores.into_iter().enumerate() {
                let weight = (score - norm[i * heads + h]).exp();
                by_key[j] = if over_queries == Over::Max as u32 { by_key[j].max(weight) } else { by_key[j] + weight };
            }
        }
        for (j, sum) in by_key.into_iter().enumerate() {
            let score = if over_queries == Over::Max as u32 { sum } else { sum / count as f32 };
            let at = if out > 1 { h * width + j } else { j };
            y[at] = if over_heads == Over::Max as u32 { y[at].max(score) } else { y[at] + score };
        }
    }
    for score in y[..out * width].iter_mut().filter(|_| over_heads == Over::Mean as u32) {
        *score /= heads as f32;
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (mut case, [q, k], sizes, looks) = draw(rng);
    let (queries, heads) = (*rng.pick(&[Over::Mean, Over::Max]), *rng.pick(&[Over::Mean, Over::Max, Over::Each]));
    case.name += &format!(", over queries {queries:?}, over heads {heads:?}");
    let y = case.rec.score_reduce([q, k], sizes, looks, [queries, heads]);
    case.output(y)
}
