//! Blocks of keys are shared out between threads: every query and head looks at one block, so that nothing is summed across
//! threads. Keys are turned, so that a lane is a key.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::math::Exp;
use crate::pool::Parts;
use crate::tile::Cache;
use squint_ops::op::{MASKED, Over};
use squint_ops::{Error, View, Views};

/// Keys of a block.
const KEYS: usize = 4 * LANES;

/// Multiply-adds that are worth handing out.
const GRAIN: usize = 100_000;

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let [count, heads, head, keys] = [0, 3, 5, 6].map(|i| params[i] as usize);
    machine.parts(count * heads * head * keys).min((params[15] as usize).div_ceil(KEYS)).max(1)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [count, first, placed, heads, groups, head, keys, room, start, causal, prefix, biased] =
        std::array::from_fn(|i| params[i] as usize);
    let [over_queries, over_heads, width] = [13, 14, 15].map(|i| params[i]);
    let width = width as usize;
    let [q, k, bias, places, norm, y] = views.split()?;
    let (q, bias, norm, y) = (q.f32()?, bias.f32()?, norm.f32()?, Parts::new(y.f32_mut()?));
    let seen: Vec<usize> = (0..count)
        .map(|i| {
            let place = if placed == 1 { places.u32().map(|p| p[i] as usize) } else { Ok(start + first + i) };
            place.map(|place| if causal == 1 { keys.min((place + 1).max(prefix)) } else { keys })
        })
        .collect::<Result<_, _>>()?;
    let k = super::attention::cache(k)?;
    let share = part.share(width.div_ceil(KEYS));
    let isa = machine.isa;
    machine.pool.split(share.len(), machine.grain(GRAIN / (count * heads * head * KEYS).max(1) + 1), |range| {
        let (mut turned, mut flat) = (vec![0.0; head * KEYS], vec![]);
        for block in range.start + share.start..range.end + share.start {
            let (from, to) = (block * KEYS, width.min((block + 1) * KEYS));
            let mut sums = [0.0f32; KEYS];
            for h in 0..heads {
                let there = keys.clamp(from, to) - from;
                let at = (h / (heads / groups) * room + from) * head;
                isa.run(Turn { k: &k, at, keys: there, head, flat: &mut flat, to: &mut turned });
                let mut by_key = [0.0; KEYS];
                for (i, seen) in seen.iter().enumerate().filter(|(_, seen)| **seen > from) {
                    isa.run(Look {
                        q: &q[((first + i) * heads + h) * head..][..head],
                        turned: &turned,
                        bias: if biased == 1 { &bias[from..from + there] } else { &[] },
                        scale: f32::from_bits(params[12]),
                        norm: norm[i * heads + h],
                        seen: seen.clamp(&from, &to) - from,
                        most: over_queries == Over::Max as u32,
                        by_key: &mut by_key,
                    });
                }
                for (sum, of_head) in sums.iter_mut().zip(by_key) {
                    let score = if over_queries == Over::Max as u32 { of_head } else { of_head / count as f32 };
                    *sum = if over_heads == Over::Max as u32 { sum.max(score) } else { *sum + score };
                }
                if over_heads == Over::Each as u32 {
                    // SAFETY: a block's keys belong to one thread.
                    unsafe { y.slice(h * width + from..h * width + to) }.copy_from_slice(&sums[..to - from]);
                    sums.fill(0.0);
                }
            }
            if over_heads != Over::Each as u32 {
                let by = if over_heads == Over::Mean as u32 { heads as f32 } else { 1.0 };
                // SAFETY: as above.
                for (y, sum) in unsafe { y.slice(from..to) }.iter_mut().zip(sums) {
                    *y = sum / by;
                }
            }
        }
    });
    Ok(())
}

/// Keys of one block, `[head][KEYS]`; what lies beyond the last is of an earlier block, and not looked at.
struct Turn<'a> {
    k: &'a Cache<'a>,
    at: usize,
    keys: usize,
    head: usize,
    flat: &'a mut Vec<f32>,
    to: &'a mut [f32],
}

impl Body for Turn<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let k = self.k.read::<L>(self.at, self.keys * self.head, self.flat);
        for (j, k) in k.chunks_exact(self.head).enumerate() {
            for (c, k) in k.iter().enumerate() {
                self.to[c * KEYS + j] = *k;
            }
        }
    }
}

/// One query of one head at the first `seen` keys of a block.
struct Look<'a> {
    q: &'a [f32],
    turned: &'a [f32],
    bias: &'a [f32],
    scale: f32,
    norm: f32,
    seen: usize,
    /// The largest weight of all queries, or their sum.
    most: bool,
    by_key: &'a mut [f32; KEYS],
}

impl Body for Look<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut scores = [0.0; KEYS];
        for (c, q) in self.q.iter().enumerate() {
            let (q, k) = (L::splat(*q), &self.turned[c * KEYS..][..KEYS]);
            for i in (0..KEYS).step_by(LANES) {
                L::store(L::mul_add(q, L::load(&k[i..]), L::load(&scores[i..])), &mut scores[i..]);
            }
        }
        scores.iter_mut().for_each(|s| *s *= self.scale);
        scores.iter_mut().zip(self.bias).for_each(|(s, b)| *s += b);
        let (exp, norm, mut weights) = (Exp::<L>::new(), L::splat(self.norm), [0.0; KEYS]);
        for i in (0..KEYS).step_by(LANES) {
            L::store(exp.of(L::sub(L::load(&scores[i..]), norm)), &mut weights[i..]);
        }
        for ((by_key, weight), score) in self.by_key.iter_mut().zip(weights).zip(scores).take(self.seen) {
            // Lanes make a small number of what is far below, or is no number at all.
            let weight = match score {
                s if s.is_nan() => s,
                s if s <= MASKED => 0.0,
                _ => weight,
            };
            *by_key = if self.most { by_key.max(weight) } else { *by_key + weight };
        }
    }
}
