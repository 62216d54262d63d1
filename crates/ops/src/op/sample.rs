//! One id, drawn by its logit: penalty on recent ids, temperature, top-k, top-p, min-p, in this order. Weights are whole
//! numbers and chance is a function of seed and step (`dice`), so that equal logits give equal ids on every backend. The
//! borders of top-k and top-p lie in the order (weight downwards, id upwards); the draw itself goes through the ids that
//! are left upwards, so that two logits changing places by a rounding change nothing. Where a logit is no number, or the
//! largest is not finite, `NONE` is drawn: whoever takes it for a word would not know that the model is broken.

use crate::case::{Case, Rng};
use crate::dice::{philox, share, weight};
use crate::sampling::{NONE, Sampling};
use crate::spec::{Gpu, Tolerance, float, ids, int, numbers, read, write_ids};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "sample",
    slots: &[
        read("x"),
        ids("recent"),
        // Logits after the penalty, then weights.
        write_ids("work"),
        write_ids("y"),
    ],
    fields: &[
        int("cols"),
        int("recents"),
        float("gain"),
        float("relief"),
        float("sharpness"),
        int("top_k"),
        int("top_p"),
        int("min_p"),
        int("seed"),
        int("step"),
    ],
    shape: |p| {
        let [cols, recents, ..] = SPEC.words::<10>(p)?;
        if cols == 0 {
            return Err(Error::bug("sample: no logits to draw from"));
        }
        let all = numbers(&[cols])?;
        Ok(vec![all, recents as usize, all, 1])
    },
    flops: |p| 100 * p[0] as u64,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "whole numbers, after one difference and two products" },
    gpu: Gpu::Shader { grid: |_| [1, 1, 1] },
    case,
};

impl Recording {
    /// x: [cols] → one id. `recent`: ids and how many of them count; `how`: `Sampling::words`.
    pub fn sample(&mut self, x: Buf, recent: Option<(Buf, Word)>, how: [Word; 6], seed: Word, step: Word) -> Buf {
        let cols = self.def(x).len;
        let work = self.buffer("work", Role::Temp, Kind::U32, cols);
        let y = self.buffer("sample", Role::Temp, Kind::U32, 1);
        // Without recent ids the slot still wants a buffer; it is not read.
        let (recent, count) = recent.unwrap_or_else(|| (self.nothing(), 0.into()));
        let words = [&[(cols as u32).into(), count][..], &how, &[seed, step]].concat();
        self.step(&SPEC, &words, &[x, recent, work, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [cols, recents, gain, relief, sharpness, top_k, top_p, min_p, seed, step] = SPEC.words(params)?;
    let [gain, relief, sharpness] = [gain, relief, sharpness].map(f32::from_bits);
    let [x, recent, _, y] = views.split()?;
    let (x, recent, y) = (x.f32()?, &recent.u32()?[..recents as usize], y.u32_mut()?);
    let mut logits = x[..cols as usize].to_vec();
    for id in recent.iter().map(|id| *id as usize).filter(|id| *id < cols as usize) {
        logits[id] = x[id] * if x[id] > 0.0 { relief } else { gain };
    }
    let mut top = 0;
    for id in 1..logits.len() {
        if logits[id] > logits[top] {
            top = id;
        }
    }
    let broken = !logits[top].is_finite() || logits.iter().any(|v| v.is_nan());
    y[0] = if broken { NONE } else { top as u32 };
    if broken || top_k == 1 {
        return Ok(());
    }
    let weigh = |logit: &f32| weight(((logits[top] - logit) * sharpness) as u32);
    let mut left: Vec<(usize, u32)> = logits.iter().map(weigh).enumerate().filter(|(_, w)| *w > 0).collect();
    left.sort_unstable_by_key(|(id, w)| (std::cmp::Reverse(*w), *id));
    let total = |of: &[(usize, u32)]| of.iter().map(|(_, w)| *w as u64).sum::<u64>();
    // The first whose weight brings the sum to the goal.
    let reach = |of: &[(usize, u32)], goal: u64| {
        let mut sum = 0;
        of.iter().position(|(_, w)| {
            sum += *w as u64;
            sum >= goal
        })
    };
    left.truncate(if top_k == 0 { left.len() } else { top_k as usize });
    if top_p != u32::MAX {
        let last = reach(&left, share(total(&left), top_p));
        left.truncate(last.map_or(left.len(), |last| last + 1));
    }
    left.retain(|(_, w)| *w >= min_p);
    left.sort_unstable();
    let drawn = reach(&left, share(total(&left), philox([step, 0], seed)[0]));
    y[0] = left[drawn.unwrap_or(0)].0 as u32;
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let how = Sampling {
        temperature: *rng.pick(&[0.0, 0.3, 1.0, 2.5]),
        top_k: *rng.pick(&[0, 0, 1, 5, 50]),
        top_p: *rng.pick(&[1.0, 0.9, 0.3]),
        min_p: *rng.pick(&[0.0, 0.0, 0.05, 1.0]),
        penalty: *rng.pick(&[1.0, 1.3]),
    };
    let (cols, recents) = (rng.size(1, 3000), rng.size(0, 70));
    let mut case = Case::new(format!("{cols} logits, {recents} recent, {how:?}"));
    // Often a handful of values only, so that equals stand on both sides of the borders.
    let x = match rng.below(16) {
        0 => case.broken(rng, cols),
        1..9 => case.levels(rng, cols, 9),
        _ => case.spread(rng, cols, 6.0),
    };
    let recent = case.ids(rng, recents.max(1), cols + 1);
    let [seed, step] = [0; 2].map(|_| Word::Fixed(rng.bits() as u32));
    let y = case.rec.sample(x, Some((recent, (recents as u32).into())), how.words().map(Word::from), seed, step);
    case.output(y)
}
