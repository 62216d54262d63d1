//! Activations over lanes; those without an own version here use the twin's function number by number.

use super::{Machine, Part};
use crate::lanes::{Body, LANES, Lanes};
use crate::math::{exp, silu};
use crate::pool::Parts;
use squint_ops::op::{FUNCTIONS, Function};
use squint_ops::{Error, View, Views};

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    let [rows, cols, function, gated] = [0, 1, 2, 3].map(|i| params[i] as usize);
    let [x, y] = views.split()?;
    let (x, y, f) = (x.f32()?, Parts::new(y.f32_mut()?), &FUNCTIONS[function]);
    let isa = machine.isa;
    // About 16 k of these take as long as waking a thread.
    machine.pool.split(rows, 16_384 / cols.max(1) + 1, |range| {
        for r in range {
            // SAFETY: every row is in one range.
            let y = unsafe { y.slice(r * cols..(r + 1) * cols) };
            let (x, up) = x[r * cols * (1 + gated)..][..cols * (1 + gated)].split_at(cols);
            isa.run(Row { x, up, y, f });
        }
    });
    Ok(())
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
            "silu" => self.each::<L>(|x| silu::<L>(x, L::splat(1.0))),
            "quick_gelu" => self.each::<L>(|x| silu::<L>(x, L::splat(1.702))),
            "gelu_tanh" => self.each::<L>(|x| {
                // 1 + tanh(u) = 2 / (1 + e⁻²ᵘ), and u has x as a factor.
                let square = L::mul(x, x);
                silu::<L>(x, L::mul_add(square, L::splat(2.0 * 0.797_884_6 * 0.044_715), L::splat(2.0 * 0.797_884_6)))
            }),
            "gelu" => self.each::<L>(gelu::<L>),
            "relu" => self.each::<L>(|x| L::max(x, L::splat(0.0))),
            _ => {
                for (i, y) in self.y.iter_mut().enumerate() {
                    *y = (self.f.apply)(self.x[i]) * self.up.get(i).unwrap_or(&1.0);
                }
            }
        }
    }
}

impl Row<'_> {
    #[inline(always)]
    fn each<L: Lanes>(self, f: impl Fn(L::V) -> L::V) {
        let one = |x: &[f32], up: &[f32], y: &mut [f32]| {
            let v = f(L::load(x));
            L::store(if up.is_empty() { v } else { L::mul(v, L::load(up)) }, y);
        };
        let whole = self.x.len() / LANES * LANES;
        for i in (0..whole).step_by(LANES) {
            one(&self.x[i..], self.up.get(i..).unwrap_or(&[]), &mut self.y[i..]);
        }
        // The rest as a vector filled up with zeros.
        let rest = self.x.len() - whole;
        let (mut x, mut up, mut y) = ([0.0; LANES], [1.0; LANES], [0.0; LANES]);
        x[..rest].copy_from_slice(&self.x[whole..]);
        if !self.up.is_empty() {
            up[..rest].copy_from_slice(&self.up[whole..]);
        }
        one(&x, &up, &mut y);
        self.y[whole..].copy_from_slice(&y[..rest]);
    }
}

/// With the twin's error function: 1 − (a polynomial in t = 1 / (1 + 0.3275911 · |z|)) · e^(−z²).
#[inline(always)]
fn gelu<L: Lanes>(x: L::V) -> L::V {
    let one = L::splat(1.0);
    let z = L::mul(x, L::splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = L::div(one, L::mul_add(L::splat(0.327_591_1), L::abs(z), one));
    let mut p = L::splat(1.061_405_4);
    for c in [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        p = L::mul_add(p, t, L::splat(c));
    }
    let tail = L::mul(L::mul(p, t), exp::<L>(L::sub(L::splat(0.0), L::mul(z, z))));
    let erf = L::copysign(L::sub(one, tail), x);
    L::mul(L::mul(L::splat(0.5), x), L::add(one, erf))
}
