//! `matmul` with both halves of the weight, then `activate`: the same bits as one after the other. A part of the step has
//! some columns of the gate and the same columns of up, so that it needs nothing of another part.

use super::matmul::{PAIR, multiply};
use super::{Machine, Part, activate};
use crate::pool::Parts;
use crate::tile::Then;
use squint_ops::{Error, View, Views};

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let products = 2 * params[..3].iter().map(|p| *p as usize).product::<usize>();
    machine.parts(products).min(params[1].div_ceil(PAIR as u32) as usize)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [rows, outs, depth, function] = std::array::from_fn(|i| params[i] as usize);
    let [x, w, y] = views.split()?;
    let share = part.share(outs.div_ceil(PAIR));
    let columns = share.start * PAIR..(share.end * PAIR).min(outs);
    // Where the gate does not end between pairs of panels, the pair with its end has up's beginning, too.
    let up = (outs + columns.start) / PAIR..(outs + columns.end).div_ceil(PAIR);
    let up = up.start.max(share.end)..up.end;
    let mut both = machine.between.borrow_mut();
    if both.len() < rows * 2 * outs {
        both.resize(rows * 2 * outs, 0.0);
    }
    multiply(machine, x.f32()?, w, &Parts::new(&mut both), [rows, 2 * outs, depth], [share, up], Then::default())?;
    activate::apply(machine, &both, &Parts::new(y.f32_mut()?), [rows, outs, 1], columns, function);
    Ok(())
}
