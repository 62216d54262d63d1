//! Panels of eight outputs against every row; panels are shared out between threads, so a weight is read by one thread
//! only. Integer weights meet activations of 8 bits or, where they have 8 themselves, of 16 (unless `exact`), others are f32 by the time they are multiplied.

use super::{Machine, Part};
use crate::lanes::LANES;
use crate::panels::{Panels, Room};
use crate::pool::Parts;
use crate::tile::{Finish, Integer, Real, Short, Single, Then};
use squint_ops::{Error, Kind, View, Views};
use std::any::Any;
use std::cell::RefCell;
use std::ops::Range;

/// Multiply-adds that are worth handing out.
const GRAIN: usize = 100_000;

/// Outputs of two panels, which go together: f32 tiles are that wide.
pub const PAIR: usize = 2 * LANES;

thread_local! {
    /// Panels that were not f32, not as tiles read them, or not panels, before.
    static UNPACKED: RefCell<(Vec<f32>, Room, Vec<u8>)> = RefCell::default();
    /// [rows, PAIR]: a product that something is yet done to.
    static RAW: RefCell<Vec<f32>> = RefCell::default();
}

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    machine.parts(params[..3].iter().map(|p| *p as usize).product()).min(params[1].div_ceil(PAIR as u32) as usize)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let sizes = [params[0] as usize, params[1] as usize, params[2] as usize];
    let [x, w, y] = views.split()?;
    let share = part.share(sizes[1].div_ceil(PAIR));
    multiply(machine, x.f32()?, w, &Parts::new(y.f32_mut()?), sizes, [share, 0..0], Then::default())
}

/// Those outputs of [rows, outs, depth] that lie in two ranges of pairs of panels; the ranges do not overlap.
pub fn multiply(
    machine: &Machine,
    x: &[f32],
    w: &View,
    y: &Parts,
    [rows, outs, depth]: [usize; 3],
    pairs: [Range<usize>; 2],
    then: Then,
) -> Result<(), Error> {
    let x = &x[..rows * depth];
    let weight = Weight::of(w, outs, depth)?;
    let panels = weight.panels;
    let (integers, close) = (panels.kind.codes.filter(|_| !machine.exact), panels.close());
    let (mut scratch, mut shorts) = (machine.scratch.borrow_mut(), machine.shorts.borrow_mut());
    match integers {
        Some(codes) if codes.bits == 8 => shorts.fill(machine, x, depth),
        Some(codes) => scratch.fill(machine, x, depth, codes),
        None => {}
    }
    let (bytes, shorts) = (&*scratch, &*shorts);
    let isa = machine.isa;
    let [first, second] = pairs;
    let count = first.len() + second.len();
    machine.pool.split(count, GRAIN / (rows * depth * PAIR).max(1) + 1, |range| {
        UNPACKED.with_borrow_mut(|(reals, room, raw)| {
            for n in range {
                let pair = if n < first.len() { first.start + n } else { second.start + n - first.len() };
                let (start, last) = (pair * PAIR, panels.rows.min(outs).div_ceil(LANES));
                let two = 2 * pair..(2 * pair + 2).min(last);
                // The outputs of a pair of panels, into columns from `o` on of rows of `outs`.
                let mut product = |y: &Parts, outs: usize, o: usize, then: Then| {
                    if let Some(codes) = integers {
                        for (i, p) in two.clone().enumerate() {
                            let (panel, o) = (weight.panel(p, raw), o + i * LANES);
                            let of = |panel| Integer { x: bytes, panel, codes, y, rows, outs, depth, o, then };
                            match &close {
                                _ if codes.bits == 8 => {
                                    isa.run(Short { x: shorts, panel, y, rows, outs, depth, o, then });
                                }
                                Some(close) if rows == 1 => isa.run(Single { of: of(panel), close }),
                                _ => isa.run(of(panels.wide(isa, panel, room))),
                            }
                        }
                        return;
                    }
                    let unpacked = match weight.reals(two.clone()) {
                        Some(reals) => reals,
                        None => {
                            reals.resize(2 * depth * LANES, 0.0);
                            for (p, to) in two.clone().zip(reals.chunks_exact_mut(depth * LANES)) {
                                let panel = panels.wide(isa, weight.panel(p, raw), room);
                                isa.run(panels.unpack(panel, to));
                            }
                            &reals[..two.len() * depth * LANES]
                        }
                    };
                    isa.run(Real { x, panels: unpacked, y, rows, outs, depth, o });
                };
                if then.nothing() || integers.is_some() && then.function.is_none() {
                    product(y, outs, start, then);
                    continue;
                }
                RAW.with_borrow_mut(|raw| {
                    raw.resize(raw.len().max(rows * PAIR), 0.0);
                    product(&Parts::new(raw), PAIR, 0, Then::default());
                    let width = PAIR.min(outs - start);
                    isa.run(Finish { from: raw, step: PAIR, y, rows, outs, o: start, width, then });
                });
            }
        });
    });
    Ok(())
}

/// A weight that lies in panels, or one that does not and is brought into them one by one.
struct Weight<'a> {
    panels: Panels,
    bytes: &'a [u8],
    packed: bool,
}

impl<'a> Weight<'a> {
    fn of(view: &'a View, outs: usize, depth: usize) -> Result<Weight<'a>, Error> {
        let (kind, bytes) = match view {
            View::Packed(layout, bytes) => {
                let panels = (*layout as &dyn Any).downcast_ref::<Panels>();
                return match panels {
                    Some(p) if p.cols == depth && p.rows >= outs => Ok(Weight { panels: *p, bytes, packed: true }),
                    _ => Err(Error::bug(format!("a weight was laid out for other rows than {outs} of {depth}"))),
                };
            }
            View::Blocks(kind, bytes) => (*kind, *bytes),
            plain => (Kind::F32, bytemuck::cast_slice(plain.f32()?)),
        };
        Ok(Weight { panels: Panels::new(kind, outs, depth)?, bytes, packed: false })
    }

    fn panel<'b>(&'b self, p: usize, raw: &'b mut Vec<u8>) -> &'b [u8] {
        let bytes = self.panels.panel();
        if self.packed {
            return &self.bytes[p * bytes..][..bytes];
        }
        raw.resize(bytes, 0);
        let row = self.panels.kind.bytes_of(self.panels.cols);
        for (lane, r) in (p * LANES..self.panels.rows.min((p + 1) * LANES)).enumerate() {
            self.panels.put(raw, lane, &self.bytes[r * row..][..row]);
        }
        raw
    }

    /// Panels that need no unpacking.
    fn reals(&self, panels: std::ops::Range<usize>) -> Option<&'a [f32]> {
        let bytes = self.panels.panel();
        let there = self.packed && self.panels.kind == Kind::F32;
        there.then(|| bytemuck::cast_slice(&self.bytes[panels.start * bytes..panels.end * bytes]))
    }
}
