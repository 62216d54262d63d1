//! A block of queries of one group against all the keys it sees, block by block.

use super::dense::dense;
use super::weigh::{State, weigh};
use crate::lanes::{Body, LANES, Lanes};
use crate::math::mul_add;
use crate::pool::Parts;
use std::ops::Range;

/// Keys in a block: whole vectors, and few enough that a block of them, turned, stays in the nearest cache. The 197 and
/// 257 that pictures often have fill two and a half; of 64 they would fill three or four and leave a handful.
const KEYS: usize = 104;

/// `[groups, room, head]` as it is stored.
pub enum Cache<'a> {
    Reals(&'a [f32]),
    Halves(&'a [u8]),
}

/// Scratch of one thread, kept from step to step.
#[derive(Default)]
pub struct Work {
    /// A block of keys or values as f32, where the cache is not.
    flat: Vec<f32>,
    /// Keys turned: [head][KEYS]
    turned: Vec<f32>,
    /// Values with rows filled up to whole vectors, where they are not.
    wide: Vec<f32>,
    /// [lines][KEYS]: scores, then weights
    scores: Vec<f32>,
    /// [lines][head, filled up]: weighted sums of values so far
    sums: Vec<f32>,
    state: Vec<State>,
}

/// With products fused, which takes a quarter less time and has other bits on other instruction sets, or not.
pub struct Products<'a, const FUSED: bool>(pub Attend<'a>);

/// Line i is row `rows.start + i / per`, head `group · per + i mod per`.
pub struct Attend<'a> {
    pub q: &'a [f32], // [rows, heads, head]
    pub k: &'a Cache<'a>,
    pub v: &'a Cache<'a>,
    pub bias: Option<&'a [f32]>, // [keys]
    pub y: &'a Parts<'a>,        // [rows, heads, head]
    pub heads: usize,
    pub head: usize,
    pub room: usize,
    pub group: usize,
    /// Heads of the group.
    pub per: usize,
    pub rows: Range<usize>,
    /// Keys that a row sees: up to which, and from which on.
    pub sees: &'a dyn Fn(usize) -> usize,
    pub from: &'a dyn Fn(usize) -> usize,
    pub scale: f32,
    pub work: &'a mut Work,
}

impl Cache<'_> {
    /// `len` numbers from number `start` on.
    #[inline(always)]
    pub fn read<'b, L: Lanes>(&'b self, start: usize, len: usize, flat: &'b mut Vec<f32>) -> &'b [f32] {
        let bytes = match self {
            Cache::Reals(all) => return &all[start..start + len],
            Cache::Halves(all) => &all[2 * start..2 * (start + len)],
        };
        flat.resize(len.next_multiple_of(LANES), 0.0);
        let whole = bytes.chunks_exact(2 * LANES);
        let mut last = [0; 2 * LANES];
        last[..whole.remainder().len()].copy_from_slice(whole.remainder());
        for (from, to) in whole.chain([&last[..]]).zip(flat.chunks_exact_mut(LANES)) {
            L::store(L::halves(from), to);
        }
        &flat[..len]
    }
}

impl<const FUSED: bool> Body for Products<'_, FUSED> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        self.0.run::<L, FUSED>()
    }
}

impl Attend<'_> {
    #[inline(always)]
    fn run<L: Lanes, const FUSED: bool>(self) {
        let (head, lines) = (self.head, self.rows.len() * self.per);
        let wide = head.next_multiple_of(LANES);
        let Work { flat, turned, wide: filled, scores, sums, state } = self.work;
        scores.resize(lines * KEYS, 0.0);
        sums.clear();
        sums.resize(lines * wide, 0.0);
        state.clear();
        state.resize(lines, State::NOTHING);
        turned.resize(head * KEYS, 0.0);
        let place =
            |i: usize| ((self.rows.start + i / self.per) * self.heads + self.group * self.per + i % self.per) * head;
        let query = |i: usize| &self.q[place(i)..][..head];
        let most = self.rows.clone().map(|r| (self.sees)(r)).max().unwrap_or(0);
        // Blocks that no row sees are left out. Where they begin does not depend on the rows: sums keep their order.
        let least = self.rows.clone().map(|r| (self.from)(r)).min().unwrap_or(0);
        for first in (least / KEYS * KEYS..most).step_by(KEYS) {
            let n = KEYS.min(most - first);
            let at = (self.group * self.room + first) * head;
            let k = self.k.read::<L>(at, n * head, flat);
            if lines < 4 {
                for i in 0..lines {
                    for (k, s) in k.chunks_exact(head).zip(&mut scores[i * KEYS..]) {
                        *s = dot::<L, FUSED>(query(i), k);
                    }
                }
            } else {
                turn::<L>(k, head, turned);
                let mut i = 0;
                while i + 4 <= lines {
                    let q = [query(i), query(i + 1), query(i + 2), query(i + 3)];
                    products::<L, 4, FUSED>(q, turned, KEYS, n, &mut scores[i * KEYS..][..4 * KEYS], KEYS, false);
                    i += 4;
                }
                for i in i..lines {
                    products::<L, 1, FUSED>([query(i)], turned, KEYS, n, &mut scores[i * KEYS..][..KEYS], KEYS, false);
                }
            }
            let bias = self.bias.map(|b| &b[first..first + n]);
            let seen = |i: usize| {
                let row = self.rows.start + i / self.per;
                let [from, to] = [self.from, self.sees].map(|at| at(row).clamp(first, first + n) - first);
                from..to
            };
            weigh::<L, FUSED>(scores, KEYS, n, &seen, self.scale, bias, state);
            for (state, sum) in state.iter().zip(sums.chunks_exact_mut(wide)).filter(|(s, _)| s.shrink != 1.0) {
                for v in sum.chunks_exact_mut(LANES) {
                    L::store(L::mul(L::load(v), L::splat(state.shrink)), v);
                }
            }
            let v = self.v.read::<L>(at, n * head, flat);
            let v = if head == wide {
                v
            } else {
                filled.resize(KEYS * wide, 0.0);
                for (from, to) in v.chunks_exact(head).zip(filled.chunks_exact_mut(wide)) {
                    to[..head].copy_from_slice(from);
                }
                &filled[..n * wide]
            };
            let weights = |i: usize| &scores[i * KEYS..][..n];
            let mut i = 0;
            while i + 4 <= lines {
                let w = [weights(i), weights(i + 1), weights(i + 2), weights(i + 3)];
                products::<L, 4, FUSED>(w, v, wide, wide, &mut sums[i * wide..][..4 * wide], wide, true);
                i += 4;
            }
            for i in i..lines {
                products::<L, 1, FUSED>([weights(i)], v, wide, wide, &mut sums[i * wide..][..wide], wide, true);
            }
        }
        for (i, State { sum, .. }) in state.iter().enumerate() {
            // A query that sees nothing gets nothing. Where something is seen the largest weighs 1; masked keys weigh next to
            // nothing, all together.
            let inverse = if *sum < 0.5 { 0.0 } else { 1.0 / sum };
            // SAFETY: a row's heads of one group belong to one thread.
            let y = unsafe { self.y.slice(place(i)..place(i) + head) };
            for (y, v) in y.iter_mut().zip(&sums[i * wide..]) {
                *y = v * inverse;
            }
        }
    }
}

/// [up to KEYS][head] becomes [head][KEYS]. What is in the other columns is not looked at.
#[inline(always)]
fn turn<L: Lanes>(k: &[f32], head: usize, turned: &mut [f32]) {
    let n = k.len() / head;
    let whole = [n / LANES * LANES, head / LANES * LANES];
    for j in (0..whole[0]).step_by(LANES) {
        for c in (0..whole[1]).step_by(LANES) {
            let mut rows = [L::splat(0.0); LANES];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = L::load(&k[(j + i) * head + c..]);
            }
            for (i, row) in L::turn(rows).into_iter().enumerate() {
                L::store(row, &mut turned[(c + i) * KEYS + j..]);
            }
        }
    }
    for j in 0..n {
        let from = if j < whole[0] { whole[1] } else { 0 };
        for c in from..head {
            turned[c * KEYS + j] = k[j * head + c];
        }
    }
}

/// to[i][c] = Σ_k x[i][k] · w[k][c], or that added to what is there, for c below `cols` and up to a whole vector.
#[inline(always)]
fn products<L: Lanes, const R: usize, const FUSED: bool>(
    x: [&[f32]; R],
    w: &[f32],
    stride: usize,
    cols: usize,
    to: &mut [f32],
    wide: usize,
    add: bool,
) {
    let mut c = 0;
    while c < cols {
        if R == 1 && c + 3 * LANES < cols {
            // One line alone has too few sums to keep the multipliers busy.
            octets::<L, R, 4, FUSED>(x, w, stride, c, to, wide, add);
            c += 4 * LANES;
        } else if c + LANES < cols && L::WIDE {
            octets::<L, R, 2, FUSED>(x, w, stride, c, to, wide, add);
            c += 2 * LANES;
        } else {
            octets::<L, R, 1, FUSED>(x, w, stride, c, to, wide, add);
            c += LANES;
        }
    }
}

#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn octets<L: Lanes, const R: usize, const P: usize, const FUSED: bool>(
    x: [&[f32]; R],
    w: &[f32],
    stride: usize,
    c: usize,
    to: &mut [f32],
    wide: usize,
    add: bool,
) {
    let from = |i: usize, j: usize| i * wide + c + j * LANES;
    let mut sum = [[L::splat(0.0); P]; R];
    if add {
        for i in 0..R {
            for j in 0..P {
                sum[i][j] = L::load(&to[from(i, j)..]);
            }
        }
    }
    let len = x[0].len();
    let w: [&[f32]; P] = std::array::from_fn(|j| &w[c + j * LANES..]);
    dense::<L, R, P, FUSED>(x.map(|x| &x[..len]), w, stride, &mut sum);
    for i in 0..R {
        for j in 0..P {
            L::store(sum[i][j], &mut to[from(i, j)..]);
        }
    }
}

#[inline(always)]
fn dot<L: Lanes, const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let whole = a.len() / LANES * LANES;
    let mut sum = L::splat(0.0);
    for i in (0..whole).step_by(LANES) {
        sum = mul_add::<L, FUSED>(L::load(&a[i..]), L::load(&b[i..]), sum);
    }
    L::sum(sum) + a[whole..].iter().zip(&b[whole..]).map(|(a, b)| a * b).sum::<f32>()
}
