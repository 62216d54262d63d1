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
        match self.f.name {
            "silu" => self.each::<L, Silu<L>>(),
            "quick_gelu" => self.each::<L, QuickGelu<L>>(),
            "gelu_tanh" => self.each::<L, GeluTanh<L>>(),
            "gelu" => self.each::<L, Gelu<L>>(),
            "relu" => self.each::<L, Relu>(),
            _ => {
                for (i, y) in self.y.iter_mut().enumerate() {
                    *y = (self.f.apply)(self.x[i]) * self.up.get(i).unwrap_or(&1.0);
                }
            }
        }
    }
}

/// A function over lanes, with its constants. A type rather than a closure or a function pointer: only calls that are sure
/// to be inlined are compiled for the lanes, and others are twenty times slower.
trait Curve<L: Lanes> {
    fn new() -> Self;
    fn at(&self, x: L::V) -> L::V;
}

impl Row<'_> {
    #[inline(always)]
    fn each<L: Lanes, F: Curve<L>>(self) {
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

/// With the twin's error function: 1 − (a polynomial in t = 1 / (1 + 0.3275911 · |z|)) · e^(−z²).
struct Gelu<L: Lanes> {
    exp: Exp<L>,
    root: L::V,
    k: L::V,
    p: [L::V; 5],
    one: L::V,
    half: L::V,
}

impl<L: Lanes> Curve<L> for Gelu<L> {
    #[inline(always)]
    fn new() -> Self {
        let [root, k, one, half] = constants::<L, 4>(&[std::f32::consts::FRAC_1_SQRT_2, 0.327_591_1, 1.0, 0.5]);
        let p = constants::<L, 5>(&[1.061_405_4, -1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6]);
        Gelu { exp: Exp::new(), root, k, p, one, half }
    }
    #[inline(always)]
    fn at(&self, x: L::V) -> L::V {
        let z = L::mul(x, self.root);
        let t = L::div(self.one, L::mul_add(self.k, L::abs(z), self.one));
        let mut p = self.p[0];
        for c in [1, 2, 3, 4] {
            p = L::mul_add(p, t, self.p[c]);
        }
        let tail = L::mul(L::mul(p, t), self.exp.of(L::sub(L::splat(0.0), L::mul(z, z))));
        let erf = L::copysign(L::sub(self.one, tail), x);
        L::mul(L::mul(self.half, x), L::add(self.one, erf))
    }
}
