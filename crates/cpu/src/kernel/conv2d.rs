//! Places of the output are shared out between threads, some at a time. What the window sees at each of them is laid into
//! rows, which meet panels of eight outputs as in `matmul`; a window of one cell needs no laying. Where each channel has a
//! window of its own (depthwise), a lane is a channel instead.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::pool::Parts;
use crate::tile::Real;
use squint_ops::{Error, View, Views};
use std::cell::RefCell;
use std::ops::Range;

/// Places at a time: whole tiles of six and of four rows.
const PLACES: usize = 48;

/// Multiply-adds that are worth handing out.
const GRAIN: usize = 100_000;

thread_local! {
    /// [PLACES, what a window sees]
    static SEEN: RefCell<Vec<f32>> = RefCell::default();
}

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let c = Conv::of(params);
    machine.parts(c.places * c.outs * c.depth * c.size * c.size).min(c.places.div_ceil(PLACES)).max(1)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let c = Conv::of(params);
    let [x, w, bias, y] = views.split()?;
    let (x, y) = (x.f32()?, Parts::new(y.f32_mut()?));
    let bias = if params[12] == 1 { Some(&bias.f32()?[..c.outs]) } else { None };
    let window = c.depth * c.size * c.size;
    let own = c.depth == 1 && c.per == 1;
    let mut weights = machine.between.borrow_mut();
    let w = w.row(0, c.outs * window)?;
    if own {
        c.by_cell(&w, &mut weights)
    } else {
        c.panels(&w, &mut weights)
    }
    let (weights, isa) = (&weights[..], machine.isa);
    let share = part.share(c.places.div_ceil(PLACES));
    machine.pool.split(share.len(), machine.grain(GRAIN / (PLACES * c.outs * window).max(1) + 1), |range| {
        for tile in range.start + share.start..range.end + share.start {
            let places = tile * PLACES..c.places.min((tile + 1) * PLACES);
            // SAFETY: a place belongs to one thread.
            let y = unsafe { y.slice(places.start * c.outs..places.end * c.outs) };
            if own {
                isa.run(Depthwise { of: &c, x, weights, bias, places, y });
                continue;
            }
            SEEN.with_borrow_mut(|seen| {
                for group in 0..c.groups {
                    let x = match c.one_cell() {
                        true => &x[places.start * c.chans..places.end * c.chans],
                        false => c.lay(x, group, places.clone(), seen),
                    };
                    let panel = window * LANES;
                    let all = &weights[group * c.per.div_ceil(LANES) * panel..][..c.per.div_ceil(LANES) * panel];
                    // What a group's last panel writes too far is the next group's, which comes after.
                    for (i, panels) in all.chunks(2 * panel).enumerate() {
                        let (rows, o) = (places.len(), group * c.per + 2 * i * LANES);
                        isa.run(Real { x, panels, y: &Parts::new(y), rows, outs: c.outs, depth: window, o });
                    }
                }
            });
            for (y, bias) in y.chunks_exact_mut(c.outs).zip(bias.iter().cycle()) {
                y.iter_mut().zip(*bias).for_each(|(y, bias)| *y += bias);
            }
        }
    });
    Ok(())
}

struct Conv {
    height: usize,
    width: usize,
    chans: usize,
    new_height: usize,
    new_width: usize,
    outs: usize,
    groups: usize,
    size: usize,
    stride: usize,
    pad: usize,
    dilation: usize,
    /// Of all images.
    places: usize,
    /// Channels in and out of a group.
    depth: usize,
    per: usize,
}

impl Conv {
    fn of(params: &[u32]) -> Conv {
        let [images, height, width, chans, new_height, new_width, outs, groups, size, stride, pad, dilation] =
            std::array::from_fn(|i| params[i] as usize);
        let (places, depth, per) = (images * new_height * new_width, chans / groups, outs / groups);
        Conv {
            height,
            width,
            chans,
            new_height,
            new_width,
            outs,
            groups,
            size,
            stride,
            pad,
            dilation,
            places,
            depth,
            per,
        }
    }

    /// A window that sees the place itself and nothing else: rows of x are what it sees.
    fn one_cell(&self) -> bool {
        self.size == 1 && self.stride == 1 && self.pad == 0 && self.groups == 1
    }

    /// Where the cells lie that the window sees at a place, beyond the edge nowhere.
    fn cells(&self, at: usize) -> impl Iterator<Item = Option<usize>> + '_ {
        let (u, v) = (at % self.new_width, at / self.new_width % self.new_height);
        let image = at / self.new_width / self.new_height;
        (0..self.size * self.size).map(move |i| {
            // Below zero wraps to far beyond.
            let row = (v * self.stride + i / self.size * self.dilation).wrapping_sub(self.pad);
            let col = (u * self.stride + i % self.size * self.dilation).wrapping_sub(self.pad);
            let inside = row < self.height && col < self.width;
            inside.then(|| ((image * self.height + row) * self.width + col) * self.chans)
        })
    }

    /// What a group's window sees at some places, cell after cell.
    fn lay<'a>(&self, x: &[f32], group: usize, places: Range<usize>, to: &'a mut Vec<f32>) -> &'a [f32] {
        let window = self.depth * self.size * self.size;
        to.resize(PLACES * window, 0.0);
        for (place, row) in places.clone().zip(to.chunks_exact_mut(window)) {
            for (cell, to) in self.cells(place).zip(row.chunks_exact_mut(self.depth)) {
                match cell {
                    Some(at) => to.copy_from_slice(&x[at + group * self.depth..][..self.depth]),
                    None => to.fill(0.0),
                }
            }
        }
        &to[..places.len() * window]
    }

    /// `[group][panel][cell, channel][8 outputs]`
    fn panels(&self, w: &[f32], to: &mut Vec<f32>) {
        let (cells, panels) = (self.size * self.size, self.per.div_ceil(LANES));
        let window = self.depth * cells;
        to.clear();
        to.resize(self.groups * panels * window * LANES, 0.0);
        for (o, w) in w.chunks_exact(window).enumerate() {
            let (group, n) = (o / self.per, o % self.per);
            let panel = &mut to[(group * panels + n / LANES) * window * LANES..][..window * LANES];
            for (k, w) in w.iter().enumerate() {
                panel[(k % cells * self.depth + k / cells) * LANES + n % LANES] = *w;
            }
        }
    }

    /// `[cell][channel]`
    fn by_cell(&self, w: &[f32], to: &mut Vec<f32>) {
        let cells = self.size * self.size;
        to.clear();
        to.extend((0..cells * self.chans).map(|i| w[i % self.chans * cells + i / self.chans]));
    }
}

/// Some places, each channel with its own window.
struct Depthwise<'a> {
    of: &'a Conv,
    x: &'a [f32],
    weights: &'a [f32],
    bias: Option<&'a [f32]>,
    places: Range<usize>,
    y: &'a mut [f32],
}

impl Body for Depthwise<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let chans = self.of.chans;
        let whole = chans / LANES * LANES;
        let mut near = vec![];
        for (place, y) in self.places.zip(self.y.chunks_exact_mut(chans)) {
            near.clear();
            let cells = self.of.cells(place).zip(self.weights.chunks_exact(chans));
            near.extend(cells.filter_map(|(at, w)| Some((&self.x[at?..][..chans], w))));
            for c in (0..whole).step_by(LANES) {
                let mut sum = match self.bias {
                    Some(bias) => L::load(&bias[c..]),
                    None => L::splat(0.0),
                };
                for (x, w) in &near {
                    sum = L::fused(L::load(&x[c..]), L::load(&w[c..]), sum);
                }
                L::store(sum, &mut y[c..]);
            }
            for c in whole..chans {
                y[c] = self.bias.map_or(0.0, |b| b[c]) + near.iter().map(|(x, w)| x[c] * w[c]).sum::<f32>();
            }
        }
    }
}
