//! y[i, h] = log Σ_j exp(scale · q[i, h] · k[g, j] + bias[j]) over the keys that query i sees: what attention divides by.
//! `score_reduce` needs it of every query before it can look at one key.

use crate::case::{Case, Rng};
use crate::sight::{CACHE, MASKED, Sight};
use crate::spec::{Gpu, Tolerance, float, fold, ids, int, numbers, read, weight, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "score_norm",
    slots: &[read("q").part(&[0, 3, 5]), weight("k", CACHE).part(&[4, 6, 5]), read("bias"), ids("places"), write("y")],
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
    ],
    shape: |p| {
        let [count, first, placed, heads, groups, head, keys, room, _, _, _, biased, _] = SPEC.words(p)?;
        if groups == 0 || heads % groups != 0 || keys > room {
            return Err(Error::bug(format!("score_norm: {heads} heads in {groups} groups, {keys} keys of {room}")));
        }
        let q = numbers(&[first.saturating_add(count), heads, head])?;
        let [bias, places] =
            [(biased, keys), (placed, count)].map(|(there, n)| if there == 1 { n as usize } else { 0 });
        Ok(vec![q, numbers(&[groups, room, head])?, bias, places, numbers(&[count, heads])?])
    },
    flops: |p| 2 * [p[0], p[3], p[5], p[6]].map(u64::from).iter().product::<u64>(),
    twin,
    tolerance: Tolerance { limit: 1e-5, because: "sums in another order, and the GPU's exp and log" },
    gpu: Gpu::Shader { grid: |p| fold(p[0] * p[3]) },
    case,
};

/// Whose attention is looked at: `count` rows of q from `first` on.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    pub first: Word,
    pub count: usize,
    /// What they see, row 0 of q standing at `sight.start`.
    pub sight: Sight,
    /// [count]: where they stand, for queries that have been gathered.
    pub places: Option<Buf>,
    /// [keys]
    pub bias: Option<Buf>,
    /// 1 / √head in most models.
    pub scale: f32,
}

impl Recording {
    /// q: [rows, heads, head], k: [groups, room, head] → [count, heads]
    pub fn score_norm(&mut self, q: Buf, k: Buf, [heads, groups, head]: [usize; 3], looks: Looks) -> Buf {
        let y = self.temp(looks.count * heads);
        let words = looks.words([heads, groups, head], self.def(k).len / (groups * head).max(1));
        // Slots without a buffer of their own take one that is not read.
        let places = looks.places.unwrap_or_else(|| self.nothing());
        self.step(&SPEC, &words, &[q, k, looks.bias.unwrap_or(q), places, y]);
        y
    }

    /// An id buffer for a slot that is not read.
    pub(super) fn nothing(&mut self) -> Buf {
        self.buffer("nothing", crate::Role::Temp, crate::Kind::U32, 1)
    }
}

impl Looks {
    pub(super) fn words(&self, [heads, groups, head]: [usize; 3], room: usize) -> Vec<Word> {
        let n = |n: usize| Word::from(n as u32);
        let [placed, biased] = [self.places, self.bias].map(|b| n(b.is_some() as usize));
        let Sight { keys, start, causal, prefix } = self.sight;
        let causal = n(causal as usize);
        let sizes = [n(self.count), self.first, placed, n(heads), n(groups), n(head), keys, n(room)];
        [&sizes[..], &[start, causal, prefix.into(), biased, self.scale.into()]].concat()
    }
}

/// Scores of query i of head h with every key it sees.
pub(super) fn scores(words: &[u32], [q, k, bias, places]: [&View; 4], i: usize, h: usize) -> Result<Vec<f32>, Error> {
    let [_, first, placed, heads, groups, head, keys, room, start, causal, prefix, biased, scale] =
        SPEC.words(words)?.map(|v| v as usize);
    let at = ((first + i) * heads + h) * head;
    let (q, bias) = (&q.f32()?[at..at + head], bias.f32()?);
    let place = if placed == 1 { places.u32()?[i] as usize } else { start + first + i };
    let seen = if causal == 1 { keys.min((place + 1).max(prefix)) } else { keys };
    let k = k.row(h / (heads / groups) * room * head, seen * head)?;
    let score = |j: usize| {
        let dot: f32 = (0..head).map(|c| q[c] * k[j * head + c]).sum();
        f32::from_bits(scale as u32) * dot + if biased == 1 { bias[j] } else { 0.0 }
    };
    Ok((0..seen).map(score).collect())
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let (count, heads) = (params[0] as usize, params[3] as usize);
    let [q, k, bias, places, y] = views.split()?;
    let y = y.f32_mut()?;
    for (i, h) in (0..count * heads).map(|n| (n / heads, n % heads)) {
        let scores = scores(params, [q, k, bias, places], i, h)?;
        let most = scores.iter().copied().fold(MASKED, f32::max);
        let sum: f32 = scores.iter().map(|s| if *s <= MASKED { 0.0 } else { (s - most).exp() }).sum();
        // Any number does where nothing is seen: what a mask hides is nothing beside it.
        y[i * heads + h] = if sum == 0.0 { 0.0 } else { most + sum.ln() };
    }
    Ok(())
}

/// Random queries, keys and looks; `score_reduce` draws its own with it.
pub(super) fn draw(rng: &mut Rng) -> (Case, [Buf; 2], [usize; 3], Looks) {
    let (rows, groups, head) = (rng.size(1, 90), rng.size(1, 3), rng.size(1, 70));
    let heads = groups * rng.size(1, 3);
    let (kind, start) = (*rng.pick(CACHE), rng.size(0, 60));
    let (first, keys) = (rng.below(rows), start + rows);
    let count = rng.size(1, rows - first);
    let prefix = if rng.coin() { rng.size(0, keys) as u32 } else { 0 };
    let sight = Sight { keys: (keys as u32).into(), start: (start as u32).into(), causal: rng.coin(), prefix };
    let room = keys + rng.size(0, 9);
    let mut case = Case::new(format!("{count} of {rows}×{heads}/{groups}×{head} from {first}, {kind:?}, {sight:?}"));
    let q = case.numbers(rng, rows * heads * head);
    let k = case.weights(rng, kind, groups * room * head);
    let bias = rng.coin().then(|| case.biases(rng, keys));
    let places = rng.coin().then(|| case.ids(rng, count, keys));
    let first = (first as u32).into();
    (case, [q, k], [heads, groups, head], Looks { first, count, sight, places, bias, scale: 0.4 })
}

fn case(rng: &mut Rng) -> Case {
    let (mut case, [q, k], sizes, looks) = draw(rng);
    let y = case.rec.score_norm(q, k, sizes, looks);
    case.output(y)
}
