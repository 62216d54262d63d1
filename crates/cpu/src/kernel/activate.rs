//! Activations over lanes; those without an own version here use the twin's function number by number.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::math::{Exp, constants};
use crate::pool::Parts;
use squint_ops::op::{FUNCTIONS, Function};
use squint_ops::{Error, View, Views};
use std::ops::Range;

/// Numbers that are worth handing out.
const GRAIN: usize = 4096;

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, cols, function, gated] = [0, 1, 2, 3].map(|i| params[i] as usize);
    let [x, y] = views.split()?;
    let (x, y) = (x.f32()?, Parts::new(y.f32_mut()?));
    apply(machine, x, &y, [rows, cols, gated], 0..cols, function);
    Ok(())
}

/// Some columns of [rows, cols], gated or not.
pub fn apply(
    machine: &Machine,
    x: &[f32],
    y: &Parts,
    [rows, cols, gated]: [usize; 3],
    some: Range<usize>,
    function: usize,
) {
    let (isa, f) = (machine.isa, &FUNCTIONS[function]);
    machine.pool.split(rows, GRAIN / some.len().max(1) + 1, |range| {
        for r in range {
            // SAFETY: every row is in one range.
            let y = unsafe { y.slice(r * cols + some.start..r * cols + some.end) };
            let (x, up) = x[r * cols * (1 + gated)..][..cols * (1 + gated)].split_at(cols);
            let up = if gated == 1 { &up[some.clone()] } else { up };
            isa.run(Row { x: &x[some.clone()], up, y, f });
        }
    });
}

struct Row<'a> {
    x: &'a [f32],
    /// What it is multiplied with; empty without a gate.
    up: &'a [f32],
    y: &'a mut [f32],
    f: &'static Function,
}

impl Body for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        visit::<L>(self.f, self);
    }
}

/// Work over lanes that is compiled for each function which has lanes.
pub trait Visit<L: Lanes> {
    fn lanes<F: Curve<L>>(self);
    /// Number by number, for the others.
    fn numbers(self, f: fn(f32) -> f32);
}

#[inline(always)]
pub fn visit<L: Lanes>(f: &Function, work: impl Visit<L>) {
    match f.name {
        "silu" => work.lanes::<Silu<L>>(),
        "quick_gelu" => work.lanes::<QuickGelu<L>>(),
        "gelu_tanh" => work.lanes::<GeluTanh<L>>(),
        "gelu" => work.lanes::<Gelu<L>>(),
        "relu" => work.lanes::<Relu>(),
        "tanh" => work.lanes::<Tanh<L>>(),
        _ => work.numbers(f.apply),
    }
}

/// A function over lanes, with its constants. A type rather than a closure or a function pointer: only calls that are sure
/// to be inlined are compiled for the lanes, and others are twenty times slower.
pub trait Curve<L: Lanes> {
    fn new() -> Self;
    fn at(&self, x: L::V) -> L::V;
}

impl<L: Lanes> Visit<L> for Row<'_> {
    #[inline(always)]
    fn lanes<F: Curve<L>>(self) {
        let f = F::new();
        let whole = self.x.len() / LANES * LANES;
        for i in (0..whole).step_by(LANES) {
            let mut v = f.at(L::load(&self.x[i..]));
            if !self.up.is_empty() {
                v = L::mul(v, L::load(&self.up[i..]));
            }
            L::store(v, &mut self.y[i..]);
        }
        // The rest as a vector filled up with zeros.
        let mut last = [0.0; LANES];
        last[..self.x.len() - whole].copy_from_slice(&self.x[whole..]);
        let v = f.at(L::load(&last));
        L::store(v, &mut last);
        for (i, v) in (whole..self.x.len()).zip(last) {
            self.y[i] = v * self.up.get(i).unwrap_or(&1.0);
        }
    }
    #[inline(always)]
    fn numbers(self, f: fn(f32) -> f32) {
        for (i, y) in self.y.iter_mut().enumerate() {
            *y = f(self.x[i]) * self.up.get(i).unwrap_or(&1.0);
        }
    }
}

struct Silu<L: Lanes>(Exp<L>);
impl<L: Lanes> Curve<L> for Silu<L> {
    #[inline(always)]
    fn new() -> Self {
        Silu(Exp::new())
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        self.0.share(x, x)
    }
}

struct QuickGelu<L: Lanes>(Exp<L>, L::V);
impl<L: Lanes> Curve<L> for QuickGelu<L> {
    #[inline(always)]
    fn new() -> Self {
        let [k] = constants::<L, 1>(&[1.702]);
        QuickGelu(Exp::new(), k)
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        self.0.share(x, L::mul(x, self.1))
    }
}

/// 1 + tanh(u) = 2 / (1 + e⁻²ᵘ), and u has x as a factor.
struct GeluTanh<L: Lanes>(Exp<L>, [L::V; 2]);
impl<L: Lanes> Curve<L> for GeluTanh<L> {
    #[inline(always)]
    fn new() -> Self {
        GeluTanh(Exp::new(), constants::<L, 2>(&[2.0 * 0.797_884_6 * 0.044_715, 2.0 * 0.797_884_6]))
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        let [cube, line] = self.1;
        self.0.share(x, L::mul(x, L::mul_add(L::mul(x, x), cube, line)))
    }
}

/// 2 / (1 + e⁻²ˣ) − 1. Near zero the difference leaves an error of 1e-7, whatever is left of x.
struct Tanh<L: Lanes>(Exp<L>, [L::V; 2]);
impl<L: Lanes> Curve<L> for Tanh<L> {
    #[inline(always)]
    fn new() -> Self {
        Tanh(Exp::new(), constants::<L, 2>(&[1.0, 2.0]))
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        let [one, two] = self.1;
        L::sub(self.0.share(two, L::mul(two, x)), one)
    }
}

struct Relu;
impl<L: Lanes> Curve<L> for Relu {
    #[inline(always)]
    fn new() -> Self {
        Relu
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        L::max(x, L::splat(0.0))
    }
}

/// x · (½ + g(x)), g = Φ − ½ as x · P(x²) / Q(x²): two polynomials of degree 5, best for x from −5.6 to 5.6. Beyond, g
/// comes out as ½ or a little more, and is held to ½. Half as long as an exponential and the twin's series. Encoders alone
/// use it, as they do attention that is not causal: both are fused, for speed.
struct Gelu<L: Lanes> {
    most: L::V,
    half: L::V,
    p: [L::V; 6],
    q: [L::V; 6],
}

impl<L: Lanes> Curve<L> for Gelu<L> {
    #[inline(always)]
    fn new() -> Self {
        let [most, half] = constants::<L, 2>(&[5.6, 0.5]);
        let p = constants::<L, 6>(&[
            2.178_144_3e-8,
            6.486_457_5e-6,
            1.840_006_6e-4,
            4.769_028e-3,
            3.530_714e-2,
            0.398_942_2,
        ]);
        let q = constants::<L, 6>(&[1.179_280_2e-6, 7.868_31e-5, 1.969_794_4e-3, 2.948_544_4e-2, 0.255_166_3, 1.0]);
        Gelu { most, half, p, q }
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        let near = between::<L>(x, self.most);
        let square = L::mul(near, near);
        let (mut p, mut q) = (self.p[0], self.q[0]);
        for k in 1..6 {
            p = L::fused(p, square, self.p[k]);
            q = L::fused(q, square, self.q[k]);
        }
        let g = between::<L>(L::div(L::mul(p, near), q), self.half);
        L::mul(x, L::add(self.half, g))
    }
}

/// v, but no further from zero than `most`.
#[inline(always)]
fn between<L: Lanes>(v: L::V, most: L::V) -> L::V {
    L::min(L::max(v, L::sub(L::splat(0.0), most)), most)
}
