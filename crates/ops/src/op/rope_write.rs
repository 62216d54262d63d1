//! What lies between the product that makes queries, keys and values and the attention that uses them, in one step:
//! queries are turned as `rope` does, keys are turned and written into their cache, values written into theirs, both
//! as `kv_write` does.

use crate::case::{Case, Rng};
use crate::op::Rope;
use crate::spec::{Access, Gpu, Tolerance, float, fold, ids, int, numbers, read, slot, write};
use crate::{Buf, Error, Kind, OpSpec, Recording, Role, View, Views, Word};

const CACHE: &[Kind] = &[Kind::F32, Kind::F16];

pub const SPEC: OpSpec = OpSpec {
    stem: "rope_write",
    slots: &[
        read("x"),
        ids("pos"),
        read("table"),
        write("y"),
        slot("keys", Access::Update, CACHE).part(&[0, 2, 3]),
        slot("values", Access::Update, CACHE).part(&[0, 2, 3]),
    ],
    fields: &[
        int("rows"),
        int("heads"),
        int("groups"),
        int("head"),
        int("rotated"),
        int("side_by_side"),
        int("room"),
        int("start"),
        float("gain"),
    ],
    shape: |p| {
        let [rows, heads, groups, head, rotated, side_by_side, room, start, _] = SPEC.words(p)?;
        if rotated > head || (rotated | head) % 2 != 0 || side_by_side > 1 {
            return Err(Error::bug(format!("rope_write: {rotated} of {head} numbers, side by side {side_by_side}")));
        }
        if start.checked_add(rows).is_none_or(|end| end > room) {
            return Err(Error::bug(format!("rope_write: {rows} rows at {start}, room for {room}")));
        }
        let (queries, new) = (numbers(&[rows, heads, head])?, numbers(&[rows, groups, head, 2])?);
        let all = queries.checked_add(new).ok_or_else(|| Error::bug("rope_write: too many numbers"))?;
        let cache = numbers(&[groups, room, head])?;
        Ok(vec![all, numbers(&[rows])?, rotated as usize / 2, queries, cache, cache])
    },
    flops: |p| 3 * p[0] as u64 * (p[1] + p[2]) as u64 * p[4] as u64,
    twin,
    tolerance: Tolerance { limit: 1e-3, because: "GPUs may round to f16 either way" },
    // One invocation a pair: two numbers of 16 bits share a word.
    gpu: Gpu::Shader { grid: |p| fold((p[0] * (p[1] + 2 * p[2]) * p[3] / 2).div_ceil(64)) },
    case,
};

impl Recording {
    /// x: [rows, (heads + 2·groups)·head], each row its queries, its keys, its values; pos: [rows], table: [rotated / 2]
    /// → [rows, heads, head], and keys and values into caches of [groups, room, head] from row `start` on
    pub fn rope_write(
        &mut self,
        x: Buf,
        (pos, table): (Buf, Buf),
        caches: [Buf; 2],
        [heads, groups, head]: [usize; 3],
        how: Rope,
        start: Word,
    ) -> Buf {
        let (rows, room) = (self.def(pos).len, self.def(caches[0]).len / (groups * head));
        let y = self.temp(rows * heads * head);
        let n = |n: usize| Word::from(n as u32);
        let turned = [n(how.rotated), n(how.side_by_side as usize)];
        let words = [n(rows), n(heads), n(groups), n(head), turned[0], turned[1], n(room), start, how.gain.into()];
        self.step(&SPEC, &words, &[x, pos, table, y, caches[0], caches[1]]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, heads, groups, head, rotated, side_by_side, room, start, gain] = SPEC.words(params)?.map(|v| v as usize);
    let gain = f32::from_bits(gain as u32);
    let [x, pos, table, y, keys, values] = views.split()?;
    let (x, pos, table, y) = (x.f32()?, pos.u32()?, table.f32()?, y.f32_mut()?);
    let width = (heads + 2 * groups) * head;
    for r in 0..rows {
        let mut row = x[r * width..][..width].to_vec();
        for turned in row[..(heads + groups) * head].chunks_exact_mut(head) {
            for i in 0..rotated / 2 {
                let (sin, cos) = (pos[r] as f64 * table[i] as f64).sin_cos();
                let (sin, cos) = (sin as f32 * gain, cos as f32 * gain);
                let (a, b) = if side_by_side == 1 { (2 * i, 2 * i + 1) } else { (i, i + rotated / 2) };
                (turned[a], turned[b]) = (turned[a] * cos - turned[b] * sin, turned[a] * sin + turned[b] * cos);
            }
        }
        y[r * heads * head..][..heads * head].copy_from_slice(&row[..heads * head]);
        for g in 0..groups {
            let to = (g * room + start + r) * head;
            keys.put_row(to, &row[(heads + g) * head..][..head])?;
            values.put_row(to, &row[(heads + groups + g) * head..][..head])?;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, groups, per, head) = (rng.size(1, 9), rng.size(1, 4), rng.size(1, 3), 2 * rng.size(1, 40));
    let how = Rope::any(rng, head);
    let (start, far) = (rng.size(0, 40), *rng.pick(&[2048, 1_000_000]));
    let (room, kind) = (start + rows + rng.size(0, 5), *rng.pick(CACHE));
    let mut case = Case::new(format!("{rows}×({per}+1+1)·{groups}×{head} {how:?} at {start} of {room} {kind:?}"));
    let x = case.numbers(rng, rows * (per + 2) * groups * head);
    let pos = case.ids(rng, rows, far);
    let table = case.stored(Kind::F32, &how.table(10_000.0));
    let caches = ["keys", "values"].map(|name| case.rec.buffer(name, Role::Output, kind, groups * room * head));
    let y = case.rec.rope_write(x, (pos, table), caches, [per * groups, groups, head], how, (start as u32).into());
    caches.into_iter().fold(case.output(y), Case::output)
}
