//! y[r, h] = Σ_j softmax_j(scale · q[r, h] · k[g, j] + bias[j]) · v[g, j], g the group of head h. Query r stands at key
//! `start + r`; it sees every key, or those up to its own, or those and a common prefix, or of those up to its own the last
//! `window`.

use crate::case::{Case, Rng};
use crate::sight::{CACHE, MASKED, Sight, cache};
use crate::spec::{Gpu, Tolerance, float, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views, Word, forms};

pub const SPEC: OpSpec = OpSpec {
    stem: "attention",
    slots: &[read("q"), cache("k"), cache("v"), read("bias"), write("y")],
    fields: &[
        int("rows"),
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
        int("window"),
    ],
    shape: |p| {
        let [rows, heads, groups, head, keys, room, _, causal, prefix, biased, _, window] = SPEC.words(p)?;
        if groups == 0 || heads % groups != 0 || head > MOST_HEAD || keys > room || causal > 1 || biased > 1 {
            return Err(Error::bug(format!(
                "attention: {heads} heads of {head} in {groups} groups, {keys} keys of {room}"
            )));
        }
        if window > 0 && (causal == 0 || prefix > 0) {
            return Err(Error::bug(format!("attention: a window of {window}, causal {causal}, prefix {prefix}")));
        }
        let cache = numbers(&[groups, room, head])?;
        let q = numbers(&[rows, heads, head])?;
        Ok(vec![q, cache, cache, if biased == 1 { numbers(&[keys])? } else { 0 }, q])
    },
    // The full rectangle, as in the papers, whatever is masked; of windows, as many keys as all rows together see.
    flops: |p| {
        let keys = if p[11] == 0 { p[4] } else { p[4].min((p[11] - 1).saturating_add(p[0])) };
        4 * p[0] as u64 * p[1] as u64 * p[3] as u64 * keys as u64
    },
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums in another order, a running maximum, and the GPU's exp" },
    gpu: Gpu::Forms { forms: forms::ATTENTION, shards: None },
    case,
};

/// The plain shader keeps four numbers of the output in each of 64 invocations.
const MOST_HEAD: u32 = 256;

impl Recording {
    /// q: [rows, heads, head], k and v: [groups, room, head], bias: [keys] if any → [rows, heads, head]
    pub fn attention(
        &mut self,
        q: Buf,
        [k, v]: [Buf; 2],
        bias: Option<Buf>,
        [heads, groups, head]: [usize; 3],
        sight: Sight,
    ) -> Buf {
        self.attention_near(q, [k, v], bias, [heads, groups, head], sight, 0)
    }

    /// The same; of the keys up to its own, a row sees the last `window`, its own among them. 0 is all of them.
    pub fn attention_near(
        &mut self,
        q: Buf,
        [k, v]: [Buf; 2],
        bias: Option<Buf>,
        [heads, groups, head]: [usize; 3],
        sight: Sight,
        window: usize,
    ) -> Buf {
        let rows = self.def(q).len / (heads * head);
        let room = self.def(k).len / (groups * head);
        let y = self.temp(rows * heads * head);
        let n = |n: usize| Word::from(n as u32);
        let sizes = [n(rows), n(heads), n(groups), n(head), sight.keys, n(room), sight.start, n(sight.causal as usize)];
        let scale = (1.0 / (head as f32).sqrt()).into();
        let rest = [sight.prefix.into(), n(bias.is_some() as usize), scale, n(window)];
        let words = [&sizes[..], &rest].concat();
        // Without a bias the slot still wants a buffer; it is not read.
        self.step(&SPEC, &words, &[q, k, v, bias.unwrap_or(q), y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, heads, groups, head, keys, room, start, causal, prefix, biased, scale, window] =
        SPEC.words(params)?.map(|v| v as usize);
    let scale = f32::from_bits(scale as u32);
    let [q, k, v, bias, y] = views.split()?;
    let (q, bias, y) = (q.f32()?, bias.f32()?, y.f32_mut()?);
    for h in 0..heads {
        let cache = h / (heads / groups) * room * head;
        let (k, v) = (k.row(cache, keys * head)?, v.row(cache, keys * head)?);
        for r in 0..rows {
            let at = (r * heads + h) * head;
            let seen = if causal == 1 { keys.min((start + r + 1).max(prefix)) } else { keys };
            let from = if window > 0 { (start + r + 1).saturating_sub(window).min(seen) } else { 0 };
            let score = |j: usize| {
                let dot: f32 = (0..head).map(|c| q[at + c] * k[j * head + c]).sum();
                scale * dot + if biased == 1 { bias[j] } else { 0.0 }
            };
            let scores: Vec<f32> = (from..seen).map(score).collect();
            let most = scores.iter().copied().fold(MASKED, f32::max);
            let weights: Vec<f32> = scores.iter().map(|s| if *s <= MASKED { 0.0 } else { (s - most).exp() }).collect();
            let sum: f32 = weights.iter().sum();
            for c in 0..head {
                let mixed: f32 = (from..seen).map(|j| weights[j - from] * v[j * head + c]).sum();
                // A query that sees nothing gets nothing.
                y[at + c] = if sum == 0.0 { 0.0 } else { mixed / sum };
            }
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    // Most heads are a multiple of four, as in models.
    let head = if rng.below(4) == 0 { rng.size(1, 96) } else { 4 * rng.size(1, 34) };
    let (rows, groups) = (rng.size(1, 40), rng.size(1, 4));
    let heads = groups * rng.size(1, 4);
    let start = rng.size(0, 150);
    let (keys, room) = (start + rows, start + rows + rng.size(0, 9));
    let sight = Sight {
        keys: (keys as u32).into(),
        start: (start as u32).into(),
        causal: rng.coin(),
        prefix: if rng.coin() { rng.size(0, keys) as u32 } else { 0 },
    };
    let windowed = sight.causal && sight.prefix == 0 && rng.coin();
    let window = if windowed { rng.size(1, keys + 3) } else { 0 };
    let (kind, biased) = (*rng.pick(CACHE), rng.coin());
    let sizes = format!("{rows} of {heads}/{groups}×{head}");
    let mut case = Case::new(format!("{sizes}, {keys} keys {kind:?}, biased {biased}, {sight:?}, window {window}"));
    let q = case.spread(rng, rows * heads * head, 3.0);
    let [k, v] = [0; 2].map(|_| case.weights(rng, kind, groups * room * head));
    let bias = biased.then(|| case.biases(rng, keys));
    let y = case.rec.attention_near(q, [k, v], bias, [heads, groups, head], sight, window);
    case.output(y)
}
