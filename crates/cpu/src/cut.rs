//! Ops without a kernel: their twin, run in parts along one of its parameters. A part is the same op with fewer items, on
//! slices of the same buffers, so threads share a long one, and a stop is seen between two parts. Each number is computed
//! exactly as the whole twin computes it.

use crate::kernel::{EAGER, Machine, Part, STRETCH};
use crate::panels::Panels;
use crate::pool::Parts;
use squint_ops::{Error, Kind, OpSpec, View};
use std::any::Any;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// How an op falls into items that know nothing of each other.
pub struct Cut {
    pub stem: &'static str,
    /// The parameter that counts them.
    along: usize,
    /// The parameter that says where the first one stands, if any does.
    first: Option<usize>,
    /// How they lie in each slot.
    lies: &'static [Lie],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// Nothing belongs to one item: all read the same, and all write the same.
    Whole,
    /// One after the other.
    Rows,
    /// One number of each row after the other.
    Cols,
}
use Lie::{Cols, Rows, Whole};

const fn cut(stem: &'static str, along: usize, lies: &'static [Lie]) -> Cut {
    Cut { stem, along, first: None, lies }
}

pub static CUTS: &[Cut] = &[
    cut("argmax", 0, &[Rows, Rows]),
    cut("cast", 0, &[Rows, Rows]),
    cut("cell_attention", 0, &[Rows, Rows, Rows, Rows]),
    cut("deform", 0, &[Whole, Rows, Rows, Rows, Rows]),
    cut("embed", 0, &[Rows, Whole, Rows]),
    cut("gather", 0, &[Whole, Rows, Rows]),
    cut("merge", 1, &[Cols, Whole, Whole, Cols, Whole]),
    cut("pool", 3, &[Cols, Cols]),
    cut("resize", 3, &[Cols, Cols]),
    cut("scatter", 1, &[Cols, Whole, Cols]),
    Cut { stem: "score_norm", along: 0, first: Some(1), lies: &[Whole, Whole, Whole, Rows, Rows] },
    cut("ssm_conv", 1, &[Cols, Rows, Rows, Cols, Cols]),
    cut("top_k", 0, &[Rows, Rows, Rows]),
];

/// Ops whose twin runs whole, on one thread, and why that is soon over.
pub const WHOLE: &[(&str, &str)] = &[
    ("copy", "it moves what lies in one buffer, once: tens of milliseconds for the largest that there can be"),
    ("sample", "one id out of a vocabulary: some milliseconds for the largest that there are"),
];

/// Numbers that a twin reads, computes or writes in a millisecond on one thread, at the least.
const PACE: usize = 50_000;

/// Such numbers that are worth handing out.
const GRAIN: usize = 10_000;

/// Columns that are worth handing out: fewer of them share cache lines with other threads'.
const BESIDE: usize = 16;

impl Cut {
    /// As `Kernel::parts`.
    pub fn parts(&self, machine: &Machine, op: &OpSpec, params: &[u32]) -> Result<usize, Error> {
        let all = self.each(op, params)? * params[self.along] as usize;
        let most = STRETCH as usize * PACE * machine.pool.threads();
        Ok(if machine.eager { EAGER } else { all / most + 1 }.min(params[self.along] as usize).max(1))
    }

    /// Numbers that one item is.
    fn each(&self, op: &OpSpec, params: &[u32]) -> Result<usize, Error> {
        let moved: usize =
            (op.shape)(params)?.iter().zip(self.lies).filter(|(_, l)| **l != Whole).map(|(n, _)| n).sum();
        Ok((moved + (op.flops)(params) as usize) / params[self.along].max(1) as usize)
    }

    pub fn run(
        &self,
        machine: &Machine,
        op: &OpSpec,
        params: &[u32],
        views: &mut [View],
        part: Part,
    ) -> Result<(), Error> {
        let share = part.share(params[self.along] as usize);
        let beside = if self.lies.contains(&Cols) { BESIDE } else { 1 };
        let grain = if machine.eager { 1 } else { (GRAIN / self.each(op, params)?.max(1) + 1).max(beside) };
        if part.of == 1 && (machine.pool.threads() == 1 || share.len() < 2 * grain) {
            return (op.twin)(params, views);
        }
        let lent: Vec<Lent> = views.iter_mut().map(Lent::of).collect::<Result<_, _>>()?;
        let sizes = (op.shape)(params)?;
        let failed = Mutex::new(Ok(()));
        machine.pool.split(share.len(), grain, |range| {
            let items = range.start + share.start..range.end + share.start;
            if let Err(e) = self.piece(op, params, &lent, &sizes, items) {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Err(e);
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The twin on some items.
    fn piece(
        &self,
        op: &OpSpec,
        params: &[u32],
        lent: &[Lent],
        sizes: &[usize],
        items: Range<usize>,
    ) -> Result<(), Error> {
        let all = params[self.along] as usize;
        let mut less = params.to_vec();
        less[self.along] = items.len() as u32;
        if let Some(first) = self.first {
            less[first] += items.start as u32;
        }
        let slots = || lent.iter().zip(self.lies).zip(sizes);
        // What cannot be a slice of its buffer.
        let mut own: Vec<Vec<u32>> = slots()
            .map(|((lent, lie), &size)| match lie {
                Cols => lent.columns(size / all, all, &items),
                Whole if items.start > 0 && matches!(lent, Lent::Write(..)) => vec![0; size],
                _ => vec![],
            })
            .collect();
        let mut views: Vec<View> = slots()
            .zip(&mut own)
            .map(|(((lent, lie), &size), own)| match lie {
                Rows => lent.view(items.start * (size / all)..items.end * (size / all)),
                _ if own.is_empty() => lent.view(0..size),
                _ => View::write(lent.kind(), bytemuck::cast_slice_mut(own)),
            })
            .collect();
        (op.twin)(&less, &mut views)?;
        drop(views);
        for ((lent, lie), own) in lent.iter().zip(self.lies).zip(&own) {
            if *lie == Cols {
                lent.put_columns(own, all, &items);
            }
        }
        Ok(())
    }
}

/// A step's buffer, lent to several threads.
enum Lent<'a> {
    Read(Kind, &'a [u8]),
    Panels(&'a Panels, &'a [u8]),
    Write(Kind, Parts<'a, u8>),
}

impl<'a> Lent<'a> {
    fn of(view: &'a mut View) -> Result<Lent<'a>, Error> {
        Ok(match view {
            View::F32(v) => Lent::Read(Kind::F32, bytemuck::cast_slice(v)),
            View::U32(v) => Lent::Read(Kind::U32, bytemuck::cast_slice(v)),
            View::Blocks(kind, bytes) => Lent::Read(*kind, bytes),
            View::F32Mut(v) => Lent::Write(Kind::F32, Parts::new(bytemuck::cast_slice_mut(v))),
            View::U32Mut(v) => Lent::Write(Kind::U32, Parts::new(bytemuck::cast_slice_mut(v))),
            View::BlocksMut(kind, bytes) => Lent::Write(*kind, Parts::new(bytes)),
            View::Packed(layout, bytes) => match (*layout as &dyn Any).downcast_ref() {
                Some(panels) => Lent::Panels(panels, bytes),
                None => return Err(Error::bug("a weight was laid out by another backend")),
            },
        })
    }

    fn kind(&self) -> Kind {
        match self {
            Lent::Read(kind, _) | Lent::Write(kind, _) => *kind,
            Lent::Panels(panels, _) => panels.kind,
        }
    }

    /// These numbers of it. Written ones belong to one piece.
    fn view(&self, numbers: Range<usize>) -> View<'_> {
        let bytes = self.kind().bytes_of(numbers.start)..self.kind().bytes_of(numbers.end);
        match self {
            Lent::Read(kind, all) => View::read(*kind, &all[bytes]),
            Lent::Panels(panels, all) => View::Packed(*panels, all),
            // SAFETY: pieces have items of their own, and a slot without items is written by the first piece only.
            Lent::Write(kind, all) => View::write(*kind, unsafe { all.slice(bytes) }),
        }
    }

    /// Some columns of `rows` rows of `cols` words, laid side by side.
    fn columns(&self, rows: usize, cols: usize, these: &Range<usize>) -> Vec<u32> {
        let mut out = Vec::with_capacity(rows * these.len());
        for r in 0..rows {
            let at = 4 * (r * cols + these.start)..4 * (r * cols + these.end);
            match self {
                Lent::Read(_, all) | Lent::Panels(_, all) => out.extend_from_slice(bytemuck::cast_slice(&all[at])),
                // SAFETY: these columns belong to this piece.
                Lent::Write(_, all) => out.extend_from_slice(bytemuck::cast_slice(unsafe { all.slice(at) })),
            }
        }
        out
    }

    /// The same back again, where the slot is written.
    fn put_columns(&self, from: &[u32], cols: usize, these: &Range<usize>) {
        let Lent::Write(_, all) = self else { return };
        for (r, from) in from.chunks_exact(these.len()).enumerate() {
            let at = 4 * (r * cols + these.start)..4 * (r * cols + these.end);
            // SAFETY: as above.
            unsafe { all.slice(at) }.copy_from_slice(bytemuck::cast_slice(from));
        }
    }
}
