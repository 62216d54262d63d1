//! `rope` on a row of queries and keys, which then go their ways; rows are shared out between threads, and so are the
//! caches' rows.

use super::kv_write::Cache;
use super::rope::turn;
use super::{Machine, Part};
use crate::pool::Parts;
use squint_ops::{Error, View, Views};
use std::cell::RefCell;

thread_local! {
    /// The keys of one row.
    static KEYS: RefCell<Vec<f32>> = RefCell::default();
}

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, heads, groups, head, rotated, side_by_side, room, start] = std::array::from_fn(|i| params[i] as usize);
    let [x, pos, table, y, keys, values] = views.split()?;
    let (x, pos, y) = (x.f32()?, &pos.u32()?[..rows], Parts::new(y.f32_mut()?));
    let (keys, values) = (Cache::of(keys)?, Cache::of(values)?);
    let (queries, new) = (heads * head, groups * head);
    let (half, width) = (rotated / 2, queries + 2 * new);
    let mut turns = machine.turns.borrow_mut();
    let turns = turns.of(pos, &table.f32()?[..half], f32::from_bits(params[8]));
    machine.pool.split(rows, super::rope::GRAIN / width.max(1) + 1, |range| {
        KEYS.with_borrow_mut(|turned| {
            for r in range {
                let (q, rest) = x[r * width..][..width].split_at(queries);
                let (k, v) = rest.split_at(new);
                let turns = &turns[r * half..][..half];
                // SAFETY: every row is in one range.
                let y = unsafe { y.slice(r * queries..(r + 1) * queries) };
                y.copy_from_slice(q);
                turn(y, turns, head, side_by_side == 1);
                turned.clear();
                turned.extend_from_slice(k);
                turn(turned, turns, head, side_by_side == 1);
                for g in 0..groups {
                    let to = (g * room + start + r) * head;
                    // SAFETY: every row of a cache belongs to one row of x, and that to one range.
                    unsafe {
                        keys.put(to, &turned[g * head..][..head]);
                        values.put(to, &v[g * head..][..head]);
                    }
                }
            }
        });
    });
    Ok(())
}
