//! Self-attention: projections, rotation, keys and values brought head by head (into a cache), attention, output.

use crate::Net;
use squint_ops::op::{Rope, Sight};
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
    /// Place of the first row in the cache, and keys there are with this run's own.
    pub start: Word,
    pub keys: Word,
    /// Rows the cache has room for, and how it stores them.
    pub room: usize,
    pub cache: Kind,
}

/// x: [rows, width] → [rows, width]. Weights `<name>.{q,k,v,o}`; caches `<name>.keys` and `<name>.values`.
pub fn causal(net: &mut Net, x: Buf, name: &str, h: Heads, rope: (Rope, &[f32]), at: At) -> Result<Buf, Error> {
    let table = net.made("rope", rope.1);
    let room = h.groups * at.room * h.head;
    let caches = ["keys", "values"].map(|part| net.state(&format!("{name}.{part}"), at.cache, room));
    let sizes = [h.heads, h.groups, h.head];
    let part = |part: &str, heads: usize| (format!("{name}.{part}"), heads * h.head);
    let parts = [part("q", h.heads), part("k", h.groups), part("v", h.groups)];
    let q = match net.stacked(h.width, &parts)? {
        Some(w) => {
            let all = net.rec.matmul(x, w, h.width);
            net.rec.rope_write(all, (at.pos, table), caches, sizes, rope.0, at.start)
        }
        // Formats that differ, or biases.
        None => {
            let mut linears = vec![];
            for (name, outs) in &parts {
                linears.push(net.linear(x, name, h.width, *outs)?);
            }
            let [q, k] = [0, 1].map(|i| net.rec.rope(linears[i], at.pos, table, h.head, rope.0));
            net.rec.kv_write(k, caches[0], [h.groups, h.head], at.start);
            net.rec.kv_write(linears[2], caches[1], [h.groups, h.head], at.start);
            q
        }
    };
    let sight = Sight { keys: at.keys, start: at.start, causal: true, prefix: 0 };
    let y = net.rec.attention(q, caches, None, sizes, sight);
    net.linear(y, &format!("{name}.o"), h.heads * h.head, h.width)
}

/// Every row sees every row, and nothing is kept. x: [rows, width] → [rows, width]. Weights `<name>.{q,k,v,o}`.
pub fn mutual(net: &mut Net, x: Buf, name: &str, h: Heads) -> Result<Buf, Error> {
    let rows = net.rec.def(x).len / h.width;
    let q = net.linear(x, &format!("{name}.q"), h.width, h.heads * h.head)?;
    let mut side = |part: &str| -> Result<Buf, Error> {
        let x = net.linear(x, &format!("{name}.{part}"), h.width, h.groups * h.head)?;
        let by_head = net.rec.temp(rows * h.groups * h.head);
        net.rec.kv_write(x, by_head, [h.groups, h.head], 0.into());
        Ok(by_head)
    };
    let sides = [side("k")?, side("v")?];
    let sight = Sight { keys: (rows as u32).into(), start: 0.into(), causal: false, prefix: 0 };
    let y = net.rec.attention(q, sides, None, [h.heads, h.groups, h.head], sight);
    net.linear(y, &format!("{name}.o"), h.heads * h.head, h.width)
}
