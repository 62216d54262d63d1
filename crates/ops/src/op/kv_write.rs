//! cache[g, start + r] = x[r, g]: new keys or values into a cache that keeps each head's past in one stream. The rest of
//! the cache stays. They may be some columns of wider rows.

use crate::case::{Case, Rng};
use crate::op::Span;
use crate::spec::{Access, Gpu, Tolerance, fold, int, numbers, read, slot};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views, Word};

pub const SPEC: OpSpec = OpSpec {
    stem: "kv_write",
    slots: &[read("x").part(&[0, 1, 2]), slot("cache", Access::Update, &[Kind::F32, Kind::F16]).part(&[0, 1, 2])],
    fields: &[int("rows"), int("groups"), int("head"), int("room"), int("start"), int("first"), int("step")],
    shape: |p| {
        let [rows, groups, head, room, start, first, step] = SPEC.words(p)?;
        if head % 2 != 0 || start.checked_add(rows).is_none_or(|end| end > room) {
            return Err(Error::bug(format!("kv_write: {rows} rows of {head} at {start}, room for {room}")));
        }
        let before = numbers(&[rows.saturating_sub(1), step])?.checked_add(first as usize);
        let end = before.and_then(|before| before.checked_add(numbers(&[groups, head]).ok()?));
        let end = end.ok_or_else(|| Error::bug("kv_write: too many numbers"))?;
        Ok(vec![if rows == 0 { 0 } else { end }, numbers(&[groups, room, head])?])
    },
    flops: |_| 0,
    twin,
    tolerance: Tolerance { limit: 1e-3, because: "GPUs may round to f16 either way" },
    // One invocation a pair: two numbers of 16 bits share a word.
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1] * p[2] / 2).div_ceil(64)) },
    case,
};

impl Recording {
    /// x: [rows, step], of each row [groups, head] from number `at` on, into cache: [groups, room, head] from row `start` on
    pub fn kv_write(&mut self, x: Buf, from: Span, cache: Buf, [groups, head]: [usize; 2], start: Word) {
        let (rows, room) = (self.def(x).len / from.step, self.def(cache).len / (groups * head));
        let n = |n: usize| Word::from(n as u32);
        let words = [n(rows), n(groups), n(head), n(room), start, from.at, n(from.step)];
        self.step(&SPEC, &words, &[x, cache]);
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, groups, head, room, start, first, step] = SPEC.words(params)?.map(|v| v as usize);
    let [x, cache] = views.split()?;
    let x = x.f32()?;
    for g in 0..groups {
        for r in 0..rows {
            cache.put_row((g * room + start + r) * head, &x[first + r * step + g * head..][..head])?;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, groups, head, start) = (rng.size(1, 9), rng.size(1, 5), 2 * rng.size(1, 48), rng.size(0, 40));
    let room = start + rows + rng.size(0, 5);
    let kind = *rng.pick(SPEC.slots[1].kinds);
    let mut case = Case::new(format!("{rows} of {groups}×{head} at {start} of {room} {kind:?}"));
    let at = if rng.coin() { 0 } else { rng.size(0, 20) };
    let step = at + groups * head + if rng.coin() { 0 } else { rng.size(0, 20) };
    let x = case.numbers(rng, rows * step);
    let cache = case.rec.buffer("cache", Role::Output, kind, groups * room * head);
    case.rec.kv_write(x, Span { at: (at as u32).into(), step }, cache, [groups, head], (start as u32).into());
    case.output(cache)
}
