//! Scores of a block of keys become weights, with a running maximum and sum for each line.

use crate::lanes::{LANES, Lanes};
use crate::math::Exp;
use squint_ops::op::MASKED;
use std::ops::Range;

/// What a line has met so far.
#[derive(Clone, Copy)]
pub struct State {
    /// The largest score so far.
    most: f32,
    /// Sum of weights so far.
    pub sum: f32,
    /// What the weights of earlier blocks became smaller by with the last one.
    pub shrink: f32,
}

impl State {
    pub const NOTHING: State = State { most: MASKED, sum: 0.0, shrink: 1.0 };
}

/// Scores of `n` keys, times `scale` and with `bias`, become weights eˢ⁻ᵐ, and 0 for keys that a line does not see.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub fn weigh<L: Lanes, const FUSED: bool>(
    scores: &mut [f32], // [lines, room]
    room: usize,
    n: usize,
    seen: &dyn Fn(usize) -> Range<usize>,
    scale: f32,
    bias: Option<&[f32]>,
    state: &mut [State],
) {
    let exp = Exp::<L>::new();
    let times = L::splat(scale);
    for (i, (line, state)) in scores.chunks_exact_mut(room).zip(state).enumerate() {
        let seen = seen(i);
        line[..seen.start].fill(0.0);
        line[seen.end..n].fill(0.0);
        if seen.is_empty() {
            state.shrink = 1.0;
            continue;
        }
        let (line, bias) = (&mut line[seen.clone()], bias.map(|b| &b[seen]));
        let (mut largest, mut widest) = (L::splat(f32::MIN), L::splat(0.0));
        let mut octets = line.chunks_exact_mut(LANES);
        match bias {
            None => {
                for s in &mut octets {
                    let v = L::mul(L::load(s), times);
                    L::store(v, s);
                    (largest, widest) = (L::max(largest, v), L::larger(widest, L::abs(v)));
                }
            }
            Some(bias) => {
                for (s, bias) in (&mut octets).zip(bias.chunks_exact(LANES)) {
                    let v = L::add(L::mul(L::load(s), times), L::load(bias));
                    L::store(v, s);
                    (largest, widest) = (L::max(largest, v), L::larger(widest, L::abs(v)));
                }
            }
        }
        // Those that fill no vector: beside them stands what weighs nothing.
        let rest = octets.into_remainder();
        let mut last = [f32::MIN; LANES];
        for (j, (last, s)) in last.iter_mut().zip(&*rest).enumerate() {
            *last = s * scale + bias.map_or(0.0, |b| b[b.len() - rest.len() + j]);
        }
        if !rest.is_empty() {
            let v = L::load(&last);
            (largest, widest) = (L::max(largest, v), L::larger(widest, L::abs(v)));
        }
        let most = state.most.max(L::most(largest));
        // Nothing so far, and nothing larger than so far, are common.
        state.shrink = match state.most {
            MASKED => 0.0,
            before if before == most => 1.0,
            before => L::most(exp.falling::<FUSED>(L::splat(before - most))),
        };
        let (mut sum, less) = (L::splat(0.0), L::splat(most));
        for s in line.chunks_exact_mut(LANES) {
            let w = exp.falling::<FUSED>(L::sub(L::load(s), less));
            sum = L::add(sum, w);
            L::store(w, s);
        }
        let rest = line.chunks_exact_mut(LANES).into_remainder();
        if !rest.is_empty() {
            let n = rest.len();
            L::store(exp.falling::<FUSED>(L::sub(L::load(&last), less)), &mut last);
            last[n..].fill(0.0);
            rest.copy_from_slice(&last[..n]);
            sum = L::add(sum, L::load(&last));
        }
        // Lanes take a maximum past what is no number, and make one of its power: what is seen of such a key is no number.
        let lost = L::largest(widest).is_nan() || most == f32::INFINITY;
        state.sum = if lost { f32::NAN } else { state.sum * state.shrink + L::sum(sum) };
        state.most = most;
    }
}
