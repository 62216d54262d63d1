//! Sines and cosines once per position rather than per head, and kept: all layers turn the same positions.

use super::{Machine, Part};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};

/// Numbers that are worth handing out.
pub const GRAIN: usize = 8192;

/// Cosines and sines times the gain, `[rows][rotated / 2]` pairs, and what they were computed for.
#[derive(Default)]
pub struct Turns {
    positions: Vec<u32>,
    table: Vec<f32>,
    gain: f32,
    turns: Vec<(f32, f32)>,
}

impl Turns {
    pub fn of(&mut self, positions: &[u32], table: &[f32], gain: f32) -> &[(f32, f32)] {
        if self.positions != positions || self.table != table || self.gain != gain {
            self.turns.clear();
            for pos in positions {
                // In f64, as the twin: sines of large angles depend on every bit of them.
                let turn = |f: &f32| (*pos as f64 * *f as f64).sin_cos();
                self.turns.extend(table.iter().map(turn).map(|(sin, cos)| (cos as f32 * gain, sin as f32 * gain)));
            }
            (self.positions, self.table, self.gain) = (positions.to_vec(), table.to_vec(), gain);
        }
        &self.turns
    }
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, heads, head, rotated, side_by_side] = [0, 1, 2, 3, 4].map(|i| params[i] as usize);
    let [x, pos, table, y] = views.split()?;
    let (x, pos, y) = (x.f32()?, &pos.u32()?[..rows], Parts::new(y.f32_mut()?));
    let (half, width) = (rotated / 2, heads * head);
    let mut turns = machine.turns.borrow_mut();
    let turns = turns.of(pos, &table.f32()?[..half], f32::from_bits(params[5]));
    machine.pool.split(rows, GRAIN / width.max(1) + 1, |range| {
        for r in range {
            // SAFETY: every row is in one range.
            let y = unsafe { y.slice(r * width..(r + 1) * width) };
            y.copy_from_slice(&x[r * width..][..width]);
            turn(y, &turns[r * half..][..half], head, side_by_side == 1);
        }
    });
    Ok(())
}

/// Turns every head of a row.
pub fn turn(row: &mut [f32], turns: &[(f32, f32)], head: usize, side_by_side: bool) {
    let half = turns.len();
    for head in row.chunks_exact_mut(head) {
        if side_by_side {
            for (pair, (cos, sin)) in head.chunks_exact_mut(2).zip(turns) {
                (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
            }
        } else {
            let (a, b) = head[..2 * half].split_at_mut(half);
            for ((a, b), (cos, sin)) in a.iter_mut().zip(b).zip(turns) {
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
        }
    }
}
