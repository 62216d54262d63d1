//! y[into + r · into_step + c] = x[first + r · first_step + c]: a block of rows and columns, moved. The rest of y stays.
//! This is how columns are cut out, rows appended and channels laid side by side; places may be run values.

use crate::case::{Case, Rng};
use crate::spec::{Access, Gpu, Tolerance, WORDS, fold, int, slot};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "copy",
    slots: &[slot("x", Access::Read, WORDS).part(&[0, 1]), slot("y", Access::Update, WORDS).part(&[0, 1])],
    fields: &[int("rows"), int("cols"), int("first"), int("first_step"), int("into"), int("into_step")],
    shape: |p| {
        let [rows, cols, first, first_step, into, into_step] = SPEC.words(p)?;
        if rows > 1 && into_step < cols {
            return Err(Error::bug(format!("copy: rows of {cols} numbers every {into_step} would overlap")));
        }
        Ok(vec![end(rows, cols, first, first_step)?, end(rows, cols, into, into_step)?])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 0.0, because: "nothing is computed" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1]).div_ceil(64)) },
    case,
};

/// Numbers a buffer must hold for this block to lie in it.
fn end(rows: u32, cols: u32, at: u32, step: u32) -> Result<usize, Error> {
    if rows == 0 || cols == 0 {
        return Ok(0);
    }
    let end = at as u64 + (rows as u64 - 1) * step as u64 + cols as u64;
    usize::try_from(end).map_err(|_| Error::bug(format!("copy: {rows} rows every {step} numbers are too many")))
}

/// Where a block lies in a buffer.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its first number.
    pub at: Word,
    /// Numbers from one row to the next.
    pub step: usize,
}

impl Recording {
    /// `rows` × `cols` numbers of x into y; y keeps what else it holds.
    pub fn copy(&mut self, x: Buf, from: Span, y: Buf, to: Span, rows: Word, cols: usize) {
        let n = |n: usize| Word::from(n as u32);
        self.step(&SPEC, &[rows, n(cols), from.at, n(from.step), to.at, n(to.step)], &[x, y]);
    }

    /// x: [rows, width] → [rows, cols], the columns from `first` on
    pub fn columns(&mut self, x: Buf, width: usize, first: usize, cols: usize) -> Buf {
        let (rows, kind) = (self.def(x).len / width, self.def(x).kind);
        let y = self.buffer("columns", Role::Temp, kind, rows * cols);
        let from = Span { at: (first as u32).into(), step: width };
        self.copy(x, from, y, Span { at: 0.into(), step: cols }, (rows as u32).into(), cols);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, first, first_step, into, into_step] = SPEC.words(params)?.map(|v| v as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.bits()?, y.bits_mut()?);
    for r in 0..rows {
        y[into + r * into_step..][..cols].copy_from_slice(&x[first + r * first_step..][..cols]);
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols) = (rng.size(1, 9), rng.size(1, 90));
    let spans = [0; 2].map(|_| (rng.size(0, 50), cols + rng.size(0, 20)));
    let kind = *rng.pick(WORDS);
    let mut case = Case::new(format!("{rows}×{cols} of {kind:?}, (at, step) {spans:?}"));
    let [x, y] = spans.map(|(at, step)| {
        let len = at + (rows - 1) * step + cols + rng.size(0, 3);
        if kind == Kind::U32 { case.ids(rng, len, 1000) } else { case.numbers(rng, len) }
    });
    let [from, to] = spans.map(|(at, step)| Span { at: (at as u32).into(), step });
    case.rec.copy(x, from, y, to, (rows as u32).into(), cols);
    case.output(y)
}
