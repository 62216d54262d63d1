//! Temporaries share buffers: one whose last reader has run gives its buffer to a later one. Whole buffers, not ranges,
//! because WebGPU refuses a buffer that is read and written in one dispatch, wherever.

use squint_ops::{Access, Buf, Kind, Recording, Role};

/// Buffers to make, in bytes, and which of them each shared temporary gets.
pub struct Places {
    pub sizes: Vec<usize>,
    pub of: Vec<(Buf, usize)>,
}

/// Places for the temporaries of a recording that nobody has bound. One that is changed before it is written as a whole
/// counts on its zeros, and stays alone.
pub fn place(rec: &Recording, bound: impl Fn(Buf) -> bool) -> Places {
    let uses = |buf: Buf| {
        let mut at = rec.steps.iter().enumerate().filter(move |(_, s)| s.bufs.contains(&buf));
        let first = at.next()?;
        Some((first.0, at.next_back().map_or(first.0, |(i, _)| i), first.1))
    };
    let mut lives: Vec<(usize, usize, Buf, usize)> = (0..rec.bufs.len() as u32)
        .map(Buf)
        .filter(|b| rec.def(*b).role == Role::Temp && !bound(*b))
        .filter_map(|buf| {
            let (first, last, step) = uses(buf)?;
            let slot = step.bufs.iter().position(|b| *b == buf)?;
            let def = rec.def(buf);
            // Weights and caches have layouts of their own.
            let plain = def.cols == 0 && (def.kind == Kind::F32 || def.kind == Kind::U32);
            let fresh = step.op.slots[slot].access == Access::Write;
            (plain && fresh).then(|| (first, last, buf, def.kind.bytes_of(def.len)))
        })
        .collect();
    lives.sort_by_key(|(first, _, buf, _)| (*first, buf.0));

    let mut places = Places { sizes: vec![], of: vec![] };
    // The step after which each buffer is free.
    let mut free: Vec<usize> = vec![];
    for (first, last, buf, bytes) in lives {
        // The one nearest in size, so that a small one does not hold a large one.
        let fit = (0..free.len()).filter(|i| free[*i] < first).min_by_key(|i| places.sizes[*i].abs_diff(bytes));
        let at = fit.unwrap_or(free.len());
        if at == free.len() {
            free.push(last);
            places.sizes.push(bytes);
        }
        free[at] = last;
        places.sizes[at] = places.sizes[at].max(bytes);
        places.of.push((buf, at));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of eight sums needs two buffers, one read while the other is written; all others hold more.
    #[test]
    fn a_chain_takes_turns() {
        let mut rec = Recording::default();
        let x = rec.input("x", Kind::F32, 64);
        let mut y = x;
        for _ in 0..8 {
            y = rec.add(y, x);
        }
        rec.output(y);
        let places = place(&rec, |_| false);
        assert_eq!(places.of.len(), 7);
        assert_eq!(places.sizes, [256, 256]);
    }

    #[test]
    fn nobody_alive_is_overwritten() {
        let mut rec = Recording::default();
        let x = rec.input("x", Kind::F32, 64);
        let kept = rec.add(x, x);
        let mut y = rec.add(x, x);
        for n in 0..9 {
            y = rec.add(y, if n % 3 == 0 { kept } else { x });
        }
        rec.output(y);
        let places = place(&rec, |_| false);
        let of = |b: Buf| places.of.iter().find(|(o, _)| *o == b).map(|(_, at)| *at);
        for (i, step) in rec.steps.iter().enumerate() {
            let out = step.bufs[step.bufs.len() - 1];
            for (j, later) in rec.steps.iter().enumerate().skip(i + 1) {
                let reads = &later.bufs[..later.bufs.len() - 1];
                // Between a buffer's writing and its reading nobody else writes there.
                if reads.contains(&out) {
                    for between in &rec.steps[i + 1..j] {
                        let other = between.bufs[between.bufs.len() - 1];
                        assert!(of(out).is_none() || of(out) != of(other), "step {i}'s result is gone before {j}");
                    }
                }
            }
        }
        assert!(places.sizes.len() < places.of.len());
    }
}
