//! A lane is one of a channel's numbers. Channels are shared out between threads, as many at a time as share a cache line;
//! their numbers stay in the nearest cache while all rows go by. No product is fused with a sum, so that a text's ids are
//! the same on every machine.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::math::Exp;
use crate::pool::Parts;
use squint_ops::{Error, View, Views};
use std::ops::Range;

/// Channels at a time: numbers in a cache line.
const CHANS: usize = 16;

/// What a number of a channel costs at each row, its power included, in multiply-adds.
const EACH: usize = 12;

/// Multiply-adds that are worth handing out.
const GRAIN: usize = 100_000;

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let [rows, chans, states] = [0, 1, 2].map(|i| params[i] as usize);
    machine.parts(EACH * rows * chans * states).min(chans.div_ceil(CHANS)).max(1)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [rows, chans, states] = [0, 1, 2].map(|i| params[i] as usize);
    let [x, dt, a, b, c, d, state, y] = views.split()?;
    let (x, dt, a, d) = (x.f32()?, dt.f32()?, a.f32()?, d.f32()?);
    let (state, y) = (Parts::new(state.f32_mut()?), Parts::new(y.f32_mut()?));
    let wide = states.next_multiple_of(LANES);
    let [b, c] = [&*b, &*c].map(|v| v.f32().map(|v| widen(&v[..rows * states], states, wide)));
    let (b, c) = (b?, c?);
    let share = part.share(chans.div_ceil(CHANS));
    let one = EACH * rows * CHANS * states;
    let isa = machine.isa;
    machine.pool.split(share.len(), machine.grain(GRAIN / one.max(1) + 1), |range| {
        for block in range.start + share.start..range.end + share.start {
            let these = block * CHANS..chans.min((block + 1) * CHANS);
            let held = these.start * states..these.end * states;
            let a = widen(&a[held.clone()], states, wide);
            // SAFETY: a channel belongs to one thread.
            let state = unsafe { state.slice(held) };
            let mut h = widen(state, states, wide);
            isa.run(Scan { x, dt, a: &a, b: &b, c: &c, d, h: &mut h, y: &y, rows, chans, wide, these });
            for (to, h) in state.chunks_exact_mut(states.max(1)).zip(h.chunks_exact(wide.max(1))) {
                to.copy_from_slice(&h[..states]);
            }
        }
    });
    Ok(())
}

/// Rows filled up with zeros: a number that is not there stays zero, and adds nothing.
fn widen(rows: &[f32], cols: usize, wide: usize) -> Vec<f32> {
    let mut all = vec![0.0; rows.len() / cols.max(1) * wide];
    for (from, to) in rows.chunks_exact(cols.max(1)).zip(all.chunks_exact_mut(wide.max(1))) {
        to[..cols].copy_from_slice(from);
    }
    all
}

struct Scan<'a> {
    x: &'a [f32],     // [rows, chans]
    dt: &'a [f32],    // the same
    a: &'a [f32],     // [these, wide]
    b: &'a [f32],     // [rows, wide]
    c: &'a [f32],     // the same
    d: &'a [f32],     // [chans]
    h: &'a mut [f32], // [these, wide]
    y: &'a Parts<'a>, // [rows, chans]
    rows: usize,
    chans: usize,
    wide: usize,
    these: Range<usize>,
}

impl Body for Scan<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (exp, wide) = (Exp::<L>::new(), self.wide);
        for r in 0..self.rows {
            let at = r * self.chans + self.these.start..r * self.chans + self.these.end;
            let (b, c) = (&self.b[r * wide..][..wide], &self.c[r * wide..][..wide]);
            // SAFETY: these channels belong to this thread.
            let y = unsafe { self.y.slice(at.clone()) };
            let (x, dt) = (&self.x[at.clone()], &self.dt[at]);
            for (i, y) in y.iter_mut().enumerate() {
                let (a, h) = (&self.a[i * wide..][..wide], &mut self.h[i * wide..][..wide]);
                let (step, gain) = (L::splat(dt[i]), L::splat(dt[i] * x[i]));
                let mut sum = L::splat(0.0);
                for n in (0..wide).step_by(LANES) {
                    let kept = L::mul(exp.of(L::mul(step, L::load(&a[n..]))), L::load(&h[n..]));
                    let new = L::mul_add(gain, L::load(&b[n..]), kept);
                    L::store(new, &mut h[n..]);
                    sum = L::mul_add(L::load(&c[n..]), new, sum);
                }
                *y = L::sum(sum) + self.d[self.these.start + i] * x[i];
            }
        }
    }
}
