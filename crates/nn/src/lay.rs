//! Rows cut out, laid under each other and beside each other. Everything is a copy of a block of rows and columns.

use squint_ops::op::Span;
use squint_ops::{Buf, Grid, Recording};

const fn whole(step: usize) -> Span {
    Span { at: squint_ops::Word::Fixed(0), step }
}

/// x: [rows, width] → its rows from `first` on, `count` of them
pub fn some(rec: &mut Recording, x: Buf, width: usize, first: usize, count: usize) -> Buf {
    let y = rec.temp(count * width);
    let from = Span { at: ((first * width) as u32).into(), step: width };
    rec.copy(x, from, y, whole(width), (count as u32).into(), width);
    y
}

/// x: [on, chans] → the upper left part of it, which may be all
pub fn corner(rec: &mut Recording, x: Buf, on: Grid, to: Grid, chans: usize) -> Buf {
    if on == to { x } else { inside(rec, x, (on, [0, 0]), to, chans) }
}

/// x: [on, chans] → the part of it that begins at a row and a column
pub fn inside(rec: &mut Recording, x: Buf, (on, [top, left]): (Grid, [usize; 2]), to: Grid, chans: usize) -> Buf {
    let y = rec.temp(to.rows() * chans);
    let (cols, step) = (to.width * chans, on.width * chans);
    let from = Span { at: ((top * step + left * chans) as u32).into(), step };
    rec.copy(x, from, y, whole(cols), (to.height as u32).into(), cols);
    y
}

/// x: [rows, step], of each row [groups, head] from number `first` on → [groups, rows, head]
pub fn swapped(rec: &mut Recording, x: Buf, [first, step]: [usize; 2], [groups, head]: [usize; 2]) -> Buf {
    let rows = rec.def(x).len / step;
    let from = |g: usize| Span { at: ((first + g * head) as u32).into(), step };
    let y = rec.temp(rows * groups * head);
    if head.is_multiple_of(2) {
        rec.kv_write(x, from(0), y, [groups, head], 0.into());
        return y;
    }
    // That one takes numbers two by two.
    for g in 0..groups {
        let to = Span { at: ((g * rows * head) as u32).into(), step: head };
        rec.copy(x, from(g), y, to, (rows as u32).into(), head);
    }
    y
}

/// Each [its rows, width] → [all rows, width]
pub fn under(rec: &mut Recording, parts: &[Buf], width: usize) -> Buf {
    if let [only] = parts {
        return *only;
    }
    let rows: Vec<usize> = parts.iter().map(|x| rec.def(*x).len / width).collect();
    let y = rec.temp(rows.iter().sum::<usize>() * width);
    let mut at = 0;
    for (x, rows) in parts.iter().zip(rows) {
        let to = Span { at: ((at * width) as u32).into(), step: width };
        rec.copy(*x, whole(width), y, to, (rows as u32).into(), width);
        at += rows;
    }
    y
}

/// Each [rows, its width] → [rows, all widths]
pub fn beside(rec: &mut Recording, parts: &[Buf], rows: usize) -> Buf {
    let widths: Vec<usize> = parts.iter().map(|x| rec.def(*x).len / rows).collect();
    let step = widths.iter().sum::<usize>();
    let y = rec.temp(rows * step);
    let mut at = 0;
    for (x, width) in parts.iter().zip(widths) {
        rec.copy(*x, whole(width), y, Span { at: (at as u32).into(), step }, (rows as u32).into(), width);
        at += width;
    }
    y
}
