//! The rows that chose an expert stand together and meet its panels as in `matmul`: an expert's weight is read once, however
//! many rows chose it. What each choice gave is then brought back to its row, in the order of the choices.

use super::matmul::{PAIR, multiply};
use super::{Machine, Part};
use crate::lanes::LANES;
use crate::panels::Panels;
use crate::pool::Parts;
use crate::tile::Then;
use squint_ops::{Error, Layout, View, Views};
use std::any::Any;
use std::ops::Range;

/// Products brought back that are worth handing out.
const GRAIN: usize = 16_384;

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let products = params[..4].iter().map(|p| *p as usize).product();
    machine.parts(products).min(params[2].div_ceil(PAIR as u32) as usize).max(1)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [rows, each, outs, depth, experts, own, weighed, summed] = std::array::from_fn(|i| params[i] as usize);
    let [x, w, ids, factors, y] = views.split()?;
    let (x, ids, factors, y) = (x.f32()?, ids.u32()?, factors.f32()?, Parts::new(y.f32_mut()?));
    let pairs = part.share(outs.div_ceil(PAIR));
    let these = pairs.start * PAIR..outs.min(pairs.end * PAIR);
    // Choices by expert; where each one's answer is.
    let mut order: Vec<usize> = (0..rows * each).filter(|c| (ids[*c] as usize) < experts).collect();
    order.sort_by_key(|c| ids[*c]);
    let mut place = vec![None; rows * each];
    order.iter().enumerate().for_each(|(i, c)| place[*c] = Some(i));
    let mut answers = vec![0.0; order.len() * outs];
    let (mut inputs, mut done) = (vec![], 0);
    for same in order.chunk_by(|a, b| ids[*a] == ids[*b]) {
        inputs.clear();
        for choice in same {
            inputs.extend_from_slice(&x[if own == 1 { *choice } else { choice / each } * depth..][..depth]);
        }
        let to = Parts::new(&mut answers[done * outs..][..same.len() * outs]);
        let sizes = [same.len(), outs, depth];
        expert(w, ids[same[0]] as usize, outs, depth, |w| {
            multiply(machine, &inputs, w, &to, sizes, [pairs.clone(), 0..0], Then::default())
        })?;
        done += same.len();
    }
    let many = if summed == 1 { each } else { 1 };
    machine.pool.split(rows * each / many, machine.grain(GRAIN / (many * outs).max(1) + 1), |range: Range<usize>| {
        for to in range {
            // SAFETY: a row of y belongs to one thread, and these outputs to this part.
            let y = unsafe { y.slice(to * outs + these.start..to * outs + these.end) };
            y.fill(0.0);
            for choice in to * many..(to + 1) * many {
                let Some(at) = place[choice] else { continue };
                let factor = if weighed == 1 { factors[choice] } else { 1.0 };
                for (y, v) in y.iter_mut().zip(&answers[at * outs + these.start..]) {
                    *y += factor * v;
                }
            }
        }
    });
    Ok(())
}

/// One expert's weight, as a view of its own.
fn expert(
    w: &View,
    e: usize,
    outs: usize,
    depth: usize,
    then: impl FnOnce(&View) -> Result<(), Error>,
) -> Result<(), Error> {
    let panels = match w {
        View::Packed(layout, _) => (*layout as &dyn Any).downcast_ref::<Panels>(),
        _ => None,
    };
    match (w, panels) {
        (View::Packed(_, bytes), Some(all)) if outs.is_multiple_of(LANES) && all.cols == depth => {
            let one = Panels { rows: outs, ..*all };
            then(&View::Packed(&one, &bytes[e * one.bytes()..][..one.bytes()]))
        }
        (View::Packed(layout, bytes), _) => {
            // It begins within a panel: rare enough to unpack it.
            let mut rows = Vec::with_capacity(outs * depth);
            for o in 0..outs {
                rows.extend(Layout::row(*layout, bytes, (e * outs + o) * depth, depth)?);
            }
            then(&View::F32(&rows))
        }
        (View::Blocks(kind, bytes), _) => {
            let one = kind.bytes_of(outs * depth);
            then(&View::Blocks(*kind, &bytes[e * one..][..one]))
        }
        _ => then(&View::F32(&w.f32()?[e * outs * depth..][..outs * depth])),
    }
}
