//! The bodies of `add` and `rms_norm` on a row while it is in the nearest cache: the same bits as one after the other.

use super::{Machine, Part, add, rms_norm};
use crate::pairs::Pairs;
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let (rows, cols, eps) = (params[0] as usize, params[1] as usize, f32::from_bits(params[2]));
    let [a, b, w, sum, y] = views.split()?;
    let (a, b, w) = (a.f32()?, b.f32()?, &w.f32()?[..cols]);
    let (sum, y) = (Parts::new(sum.f32_mut()?), Parts::new(y.f32_mut()?));
    let isa = machine.isa;
    machine.pool.split(rows, (rms_norm::GRAIN / cols.max(1)).max(1), |range| {
        for r in range {
            let at = r * cols..(r + 1) * cols;
            // SAFETY: every row is in one range.
            let (sum, y) = unsafe { (sum.slice(at.clone()), y.slice(at.clone())) };
            isa.run(Pairs::<add::Sum>::new(&a[at.clone()], &b[at], sum));
            isa.run(rms_norm::Row { x: sum, w, y, eps });
        }
    });
    Ok(())
}
