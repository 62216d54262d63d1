//! Self-attention: projections, rotation, keys and values brought head by head (into a cache), attention, output.

use crate::decoder::Decoder;
use crate::{Net, lay};
use squint_ops::op::{Sight, Span};
use squint_ops::{Buf, Error, Kind, Word};

/// Sizes of one attention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heads {
    pub width: usize,
    pub heads: usize,
    /// Heads of keys and values; queries share them in groups.
    pub groups: usize,
    /// Numbers in one head.
    pub head: usize,
}

/// Where rows stand and what they may see.
#[derive(Clone, Copy)]
pub struct At {
    /// Position of each row.
    pub pos: Buf,
    /// Radians a position, for each pair that is turned.
    pub turns: Buf,
    /// Place of the first row in the cache, and keys there are with this run's own.
    pub start: Word,
    pub keys: Word,
    /// Rows the cache has room for, and how it stores them.
    pub room: usize,
    pub cache: Kind,
    /// Keys that a row sees at most, its own and those before it; 0 where it is all of them.
    pub window: usize,
}

/// x: [rows, width] → [rows, width]. Weights `<name>.{q,k,v,o}`, and `<name>.{q,k}_norm` where heads are normed; caches
/// `<name>.keys` and `<name>.values`.
pub fn causal(net: &mut Net, x: Buf, name: &str, d: &Decoder, at: At) -> Result<Buf, Error> {
    let (h, rope) = (d.heads, d.rope);
    let room = h.groups * at.room * h.head;
    let caches = ["keys", "values"].map(|part| net.state(&format!("{name}.{part}"), at.cache, room));
    let sizes = [h.heads, h.groups, h.head];
    let part = |part: &str, heads: usize| (format!("{name}.{part}"), heads * h.head);
    let parts = [part("q", h.heads), part("k", h.groups), part("v", h.groups)];
    let all = if d.normed { None } else { net.beside(x, h.width, &parts)? };
    let q = match all {
        Some(all) => net.rec.rope_write(all, (at.pos, at.turns), caches, sizes, rope, at.start),
        // Formats that differ, or norms before anything is turned.
        None => {
            let mut linears = net.apart(x, h.width, &parts)?;
            for (x, part) in linears.iter_mut().zip(["q", "k"]).filter(|_| d.normed) {
                *x = net.norm(*x, &format!("{name}.{part}_norm"), d.norm, h.head, d.eps)?;
            }
            let [q, k] = [0, 1].map(|i| net.rec.rope(linears[i], at.pos, at.turns, h.head, rope));
            for (x, cache) in [(k, caches[0]), (linears[2], caches[1])] {
                let whole = Span { at: 0.into(), step: h.groups * h.head };
                net.rec.kv_write(x, whole, cache, [h.groups, h.head], at.start);
            }
            q
        }
    };
    let sight = Sight { keys: at.keys, start: at.start, causal: true, prefix: 0 };
    let y = net.rec.attention_near(q, caches, None, sizes, sight, at.window);
    net.linear(y, &format!("{name}.o"), h.heads * h.head, h.width)
}

/// Every row sees every row, and nothing is kept. x: [rows, width] → [rows, width]. Weights `<name>.{q,k,v,o}`.
pub fn mutual(net: &mut Net, x: Buf, name: &str, h: Heads) -> Result<Buf, Error> {
    let (queries, new) = (h.heads * h.head, h.groups * h.head);
    let parts = [("q", queries), ("k", new), ("v", new)].map(|(part, outs)| (format!("{name}.{part}"), outs));
    // Of q, k and v, which buffer they are in and from which column on.
    let (q, k, v) = match net.beside(x, h.width, &parts)? {
        Some(all) => {
            let from = |first: usize| (all, [first, queries + 2 * new]);
            (net.rec.columns(all, queries + 2 * new, 0, queries), from(queries), from(queries + new))
        }
        // Formats that differ.
        None => {
            let linears = net.apart(x, h.width, &parts)?;
            (linears[0], (linears[1], [0, new]), (linears[2], [0, new]))
        }
    };
    look(net, q, [k, v], name, h)
}

/// Rows look at other rows, and nothing is kept. What queries, keys and values are made of may differ in what was added to
/// it: [of queries, of keys, of values], the latter two [seen, depth] → [rows, width]. Weights `<name>.{q,k,v,o}`.
pub fn cross(net: &mut Net, of: [Buf; 3], name: &str, h: Heads, depth: usize) -> Result<Buf, Error> {
    let new = h.groups * h.head;
    let q = net.linear(of[0], &format!("{name}.q"), h.width, h.heads * h.head)?;
    let parts = ["k", "v"].map(|part| (format!("{name}.{part}"), new));
    let both = if of[1] == of[2] { net.beside(of[1], depth, &parts)? } else { None };
    let sides = match both {
        Some(all) => [0, new].map(|first| (all, [first, 2 * new])),
        // Formats that differ, or what they are made of.
        None => {
            let [k, v] = [0, 1].map(|i| net.linear(of[1 + i], &parts[i].0, depth, new));
            [k?, v?].map(|x| (x, [0, new]))
        }
    };
    look(net, q, sides, name, h)
}

/// q: [rows, heads, head] at all of k and v, each somewhere in rows of a buffer: where it begins, and how long a row is.
/// [seen, groups, head] → [rows, width]
fn look(net: &mut Net, q: Buf, sides: [(Buf, [usize; 2]); 2], name: &str, h: Heads) -> Result<Buf, Error> {
    let seen = net.rec.def(sides[0].0).len / sides[0].1[1];
    let sides = sides.map(|(x, from)| lay::swapped(&mut net.rec, x, from, [h.groups, h.head]));
    let sight = Sight { keys: (seen as u32).into(), start: 0.into(), causal: false, prefix: 0 };
    let y = net.rec.attention(q, sides, None, [h.heads, h.groups, h.head], sight);
    net.linear(y, &format!("{name}.o"), h.heads * h.head, h.width)
}

/// One row sees every row. query: [1, width], x: [rows, width] → [1, width]. Weights `<name>.{q,k,v,o}`: where queries, keys
/// and values come as one matrix, the query goes through it as one more row; what else comes of that is not looked at.
pub fn one(net: &mut Net, query: Buf, x: Buf, name: &str, h: Heads) -> Result<Buf, Error> {
    let rows = net.rec.def(x).len / h.width;
    let (queries, new) = (h.heads * h.head, h.groups * h.head);
    let step = queries + 2 * new;
    let parts = [("q", queries), ("k", new), ("v", new)].map(|(part, outs)| (format!("{name}.{part}"), outs));
    let both = lay::under(&mut net.rec, &[x, query], h.width);
    let all = match net.beside(both, h.width, &parts)? {
        Some(all) => all,
        // Formats that differ.
        None => {
            let linears = net.apart(both, h.width, &parts)?;
            lay::beside(&mut net.rec, &linears, rows + 1)
        }
    };
    let q = net.rec.columns(all, (rows + 1) * step, rows * step, queries);
    let sides =
        [queries, queries + new].map(|first| lay::swapped(&mut net.rec, all, [first, step], [h.groups, h.head]));
    // Its own key is the last one.
    let sight = Sight { keys: (rows as u32).into(), start: 0.into(), causal: false, prefix: 0 };
    let y = net.rec.attention(q, sides, None, [h.heads, h.groups, h.head], sight);
    net.linear(y, &format!("{name}.o"), queries, h.width)
}
