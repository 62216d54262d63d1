//! Rows go to their heads' streams; rows are shared out between threads, and so are the cache's.

use super::{Machine, Part};
use crate::pool::Parts;
use squint_ops::{Error, Kind, View, Views};

/// Numbers that are worth handing out.
const GRAIN: usize = 8192;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, groups, head, room, start, first, step] = std::array::from_fn(|i| params[i] as usize);
    let [x, cache] = views.split()?;
    let (x, cache) = (x.f32()?, Cache::of(cache)?);
    machine.pool.split(rows, GRAIN / (groups * head).max(1) + 1, |range| {
        for r in range {
            for (g, from) in x[first + r * step..][..groups * head].chunks_exact(head).enumerate() {
                // SAFETY: every row of the cache belongs to one row of x, and that to one range.
                unsafe { cache.put((g * room + start + r) * head, from) }
            }
        }
    });
    Ok(())
}

/// A cache that threads fill by rows.
pub enum Cache<'a> {
    Reals(Parts<'a>),
    Blocks(Kind, Parts<'a, u8>),
}

impl<'a> Cache<'a> {
    pub fn of(view: &'a mut View) -> Result<Cache<'a>, Error> {
        Ok(match view {
            View::BlocksMut(kind, bytes) => Cache::Blocks(*kind, Parts::new(bytes)),
            plain => Cache::Reals(Parts::new(plain.f32_mut()?)),
        })
    }

    /// Numbers from number `at` on, whole blocks of them.
    ///
    /// # Safety
    /// Nobody else may hold them.
    pub unsafe fn put(&self, at: usize, from: &[f32]) {
        // SAFETY: as promised by the caller.
        unsafe {
            match self {
                Cache::Reals(all) => all.slice(at..at + from.len()).copy_from_slice(from),
                Cache::Blocks(kind, all) => {
                    let bytes = at / kind.block * kind.bytes;
                    (kind.pack)(from, all.slice(bytes..bytes + kind.bytes_of(from.len())));
                }
            }
        }
    }
}
