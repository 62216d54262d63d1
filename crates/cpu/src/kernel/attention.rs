//! Blocks of keys against a block of queries, with a running maximum and sum, so that no row of scores is ever whole.
//! The queries of all heads of a group stand together: keys and values are brought to f32 once for all of them. Groups
//! and blocks of queries are shared out between threads.

use super::{Machine, Part};
use crate::pool::Parts;
use crate::tile::{Attend, Cache, Products, Work};
use squint_ops::{Error, Kind, View, Views};
use std::cell::RefCell;

/// Queries in a block at most, all heads of a group counted: enough that turning the keys is cheap beside using them.
const LINES: usize = 112;

/// Multiply-adds that are worth handing out.
const GRAIN: usize = 100_000;

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
}

pub fn parts(machine: &Machine, params: &[u32]) -> usize {
    let [rows, heads, head, keys] = [0, 1, 3, 4].map(|i| params[i] as usize);
    machine.parts(2 * rows * heads * head * keys).min(blocks(params) * params[2] as usize)
}

/// Blocks of queries in a group.
fn blocks(params: &[u32]) -> usize {
    (params[0] as usize).div_ceil(step(params)).max(1)
}

/// Rows of a block: the same in all of them, but for the last; with all heads of a group, whole tiles of four lines.
fn step(params: &[u32]) -> usize {
    let [rows, heads, groups] = [0, 1, 2].map(|i| params[i] as usize);
    let most = (LINES * groups / heads.max(1)).max(1);
    let whole = match heads / groups.max(1) % 4 {
        0 => 1,
        2 => 2,
        _ => 4,
    };
    rows.div_ceil(rows.div_ceil(most).max(1)).max(1).next_multiple_of(whole)
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [rows, heads, groups, head, keys, room, start, causal, prefix, biased] =
        std::array::from_fn(|i| params[i] as usize);
    let window = params[11] as usize;
    let [q, k, v, bias, y] = views.split()?;
    let (q, y) = (q.f32()?, Parts::new(y.f32_mut()?));
    let bias = if biased == 1 { Some(&bias.f32()?[..keys]) } else { None };
    let (k, v) = (cache(k)?, cache(v)?);
    let (blocks, step, isa) = (blocks(params), step(params), machine.isa);
    let share = part.share(groups * blocks);
    let one = 2 * step.min(rows) * heads / groups * head * keys;
    machine.pool.split(share.len(), GRAIN / one.max(1) + 1, |range| {
        WORK.with_borrow_mut(|work| {
            for unit in range.start + share.start..range.end + share.start {
                // First, last, second, last but one …: where later queries see more, shares stay even.
                let at = unit % blocks;
                let block = if at % 2 == 0 { at / 2 } else { blocks - 1 - at / 2 };
                let attend = Attend {
                    q,
                    k: &k,
                    v: &v,
                    bias,
                    y: &y,
                    heads,
                    head,
                    room,
                    group: unit / blocks,
                    per: heads / groups,
                    rows: block * step..((block + 1) * step).min(rows),
                    sees: &|r| if causal == 1 { keys.min((start + r + 1).max(prefix)) } else { keys },
                    from: &|r| if window > 0 { (start + r + 1).saturating_sub(window) } else { 0 },
                    scale: f32::from_bits(params[10]),
                    work,
                };
                // A text's ids are the same on every machine; a picture's encoder is the faster for fused products.
                if causal == 1 { isa.run(Products::<false>(attend)) } else { isa.run(Products::<true>(attend)) }
            }
        });
    });
    Ok(())
}

pub(super) fn cache<'a>(view: &'a View) -> Result<Cache<'a>, Error> {
    match view {
        View::Blocks(kind, bytes) if *kind == Kind::F16 => Ok(Cache::Halves(bytes)),
        View::BlocksMut(kind, bytes) if *kind == Kind::F16 => Ok(Cache::Halves(bytes)),
        plain => Ok(Cache::Reals(plain.f32()?)),
    }
}
