//! Which shader serves which shape, for ops that have several. The first that fits is taken; the plain one comes last.

use crate::Kind;
use crate::spec::{Form, HALF, INT8, Needs, On, WEIGHTS, fold};

/// Rows up to which a product or attention is bound by reading its weight or cache: decoding.
const FEW: u32 = 4;

const fn form(name: &'static str, on: On, fits: Fits, grid: Size) -> Form {
    Form { name, on, needs: Needs::Nothing, rounds: None, kinds: &[], fits, grid }
}

type Fits = fn(&[u32]) -> bool;
type Size = fn(&[u32]) -> [u32; 3];

/// In whole numbers, activations rounded to 8 bits.
const fn bytes(fits: Fits, grid: Size) -> Form {
    Form { name: "bytes", on: On::Hardware, needs: Needs::Dot4, rounds: Some(&INT8), kinds: BYTES, fits, grid }
}

/// With factors of half precision.
const fn half(fits: Fits, grid: Size) -> Form {
    Form { name: "half", on: On::Hardware, needs: Needs::F16, rounds: Some(&HALF), kinds: HALVES, fits, grid }
}

/// Weights whose codes are bytes, or fill bytes one by one, with one scale for as many numbers as an activation's.
const BYTES: &[Kind] = &[Kind::Q8_0, Kind::Q4_0, Kind::Q4_1];

/// All but f32: who keeps weights in that wants their last digits.
const HALVES: &[Kind] = WEIGHTS.split_at(1).1;

/// [rows, outs, depth]. Weights are read four at a time wherever a row is a multiple of four. For few rows reading the
/// weight is all the work: rounding would save none of it.
pub const MATMUL: &[Form] = &[
    form("few", On::Hardware, |p| fours(p[2]) && p[0] <= FEW, |p| fold(p[1].div_ceil(4) * p[0])),
    bytes(|p| p[0] > FEW, |p| [p[1].div_ceil(32), p[0].div_ceil(32), 1]),
    half(|p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(32), p[0].div_ceil(32), 1]),
    form("many", On::Hardware, |p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(32), p[0].div_ceil(32), 1]),
    form("line", On::Software, |p| fours(p[2]) && p[0] <= FEW, |p| [p[1].div_ceil(64), p[0], 1]),
    form("block", On::Software, |p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(64), p[0].div_ceil(64), 1]),
    form("", On::Any, |_| true, |p| [p[1].div_ceil(16), p[0].div_ceil(16), 1]),
];

/// [rows, outs, depth, function]: as above, an out being a row of the gate and one of up.
pub const MATMUL_GATED: &[Form] = &[
    form("few", On::Hardware, |p| fours(p[2]) && p[0] <= FEW, |p| fold(p[1].div_ceil(2) * p[0])),
    bytes(|p| p[0] > FEW, |p| [p[1].div_ceil(16), p[0].div_ceil(32), 1]),
    half(|p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(16), p[0].div_ceil(32), 1]),
    form("many", On::Hardware, |p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(16), p[0].div_ceil(32), 1]),
    form("line", On::Software, |p| fours(p[2]) && p[0] <= FEW, |p| [p[1].div_ceil(32), p[0], 1]),
    form("block", On::Software, |p| fours(p[2]) && p[0] > FEW, |p| [p[1].div_ceil(32), p[0].div_ceil(64), 1]),
    form("", On::Any, |_| true, |p| [p[1].div_ceil(8), p[0].div_ceil(16), 1]),
];

/// [rows, heads, groups, head, …]. Heads are read four at a time wherever they are a multiple of four; the forms for
/// many rows keep a head's outputs in registers, which are few.
pub const ATTENTION: &[Form] = &[
    form("few", On::Hardware, |p| fours(p[3]) && p[0] <= FEW, |p| fold(p[0] * p[1])),
    form("many", On::Hardware, |p| fours(p[3]) && p[0] > FEW && p[3] <= 128, |p| fold(p[0].div_ceil(32) * p[1])),
    form("line", On::Software, |p| fours(p[3]) && p[0] <= FEW, |p| fold((p[0] * p[1]).div_ceil(4))),
    form(
        "block",
        On::Software,
        |p| fours(p[3]) && p[0] > FEW && p[3] <= 128,
        |p| fold((p[0].div_ceil(4) * p[1]).div_ceil(16)),
    ),
    form("", On::Any, |_| true, |p| fold(p[0] * p[1])),
];

/// [rows, cols, vocab]
pub const EMBED: &[Form] = &[form("", On::Any, |_| true, |p| fold((p[0] * p[1]).div_ceil(64)))];

/// [rows, each, outs, depth, experts, own, weighed, summed]
pub const MATMUL_ID: &[Form] =
    &[form("", On::Any, |_| true, |p| fold((p[0] * p[2] * if p[7] == 1 { 1 } else { p[1] }).div_ceil(64)))];

fn fours(n: u32) -> bool {
    n.is_multiple_of(4)
}
