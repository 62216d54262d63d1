//! y = f(x), or f(gate) · up where a gate and an up projection lie side by side in one row.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "activate",
    slots: &[read("x"), write("y")],
    fields: &[int("rows"), int("cols"), int("function"), int("gated")],
    shape: |p| {
        let [rows, cols, function, gated] = SPEC.words(p)?;
        if function as usize >= FUNCTIONS.len() || gated > 1 {
            return Err(Error::bug(format!("activate: function {function}, gated {gated}")));
        }
        Ok(vec![numbers(&[rows, cols, 1 + gated])?, numbers(&[rows, cols])?])
    },
    flops: |p| (8 + p[3]) as u64 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance {
        limit: 2e-5,
        because: "exp, tanh and erf of GPUs are good to a few units of the last place",
    },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[1]).div_ceil(64)) },
    case,
};

/// An activation: its number in the shader, its name in configurations, what it computes.
pub struct Function {
    pub name: &'static str,
    pub apply: fn(f32) -> f32,
}

/// In the order of the shader's `switch`.
pub static FUNCTIONS: &[Function] = &[
    Function { name: "gelu", apply: |x| 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)) },
    Function { name: "gelu_tanh", apply: |x| 0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044_715 * x * x * x)).tanh()) },
    Function { name: "quick_gelu", apply: |x| x / (1.0 + (-1.702 * x).exp()) },
    Function { name: "silu", apply: |x| x / (1.0 + (-x).exp()) },
    Function { name: "relu", apply: |x| x.max(0.0) },
    Function { name: "hard_swish", apply: |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0) },
    Function { name: "hard_sigmoid", apply: |x| (x / 6.0 + 0.5).clamp(0.0, 1.0) },
    // For large x, exp would overflow, and log(1 + exp(x)) is x to the last digit.
    Function { name: "softplus", apply: |x| if x > 20.0 { x } else { x.exp().ln_1p() } },
    Function { name: "sigmoid", apply: |x| 1.0 / (1.0 + (-x).exp()) },
    Function { name: "tanh", apply: f32::tanh },
];

/// A function's place in the table.
pub(super) fn number(function: &str) -> Result<usize, Error> {
    FUNCTIONS.iter().position(|f| f.name == function).ok_or_else(|| {
        let known: Vec<_> = FUNCTIONS.iter().map(|f| f.name).collect();
        Error::new("activation", format!("no activation '{function}'"), format!("known are {}", known.join(", ")))
    })
}

impl Recording {
    /// x: [rows, cols] → the same, or x: [rows, 2·cols] of gate and up → [rows, cols]
    pub fn activate(&mut self, x: Buf, cols: usize, function: &str, gated: bool) -> Result<Buf, Error> {
        let at = number(function)?;
        let rows = self.def(x).len / (cols * (1 + gated as usize));
        let y = self.temp(rows * cols);
        self.step(&SPEC, &[rows, cols, at, gated as usize].map(|n| (n as u32).into()), &[x, y]);
        Ok(y)
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, function, gated] = SPEC.words(params)?.map(|v| v as usize);
    let [x, y] = views.split()?;
    let (x, y, f) = (x.f32()?, y.f32_mut()?, FUNCTIONS[function].apply);
    for r in 0..rows {
        let x = &x[r * cols * (1 + gated)..];
        for c in 0..cols {
            y[r * cols + c] = f(x[c]) * if gated == 1 { x[cols + c] } else { 1.0 };
        }
    }
    Ok(())
}

/// Error function by Abramowitz and Stegun 7.1.26 is good to 1.5e-7 only near zero in absolute terms, which is what
/// f32 needs here: gelu multiplies it by x and adds 1.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let poly = t * (0.254_829_6 + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    (1.0 - poly * (-x * x).exp()).copysign(x)
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols, gated) = (rng.size(1, 9), rng.size(1, 300), rng.coin());
    let function = rng.pick(FUNCTIONS);
    let mut case = Case::new(format!("{} {rows}×{cols}{}", function.name, if gated { " gated" } else { "" }));
    let x = case.spread(rng, rows * cols * (1 + gated as usize), 8.0);
    if let Ok(y) = case.rec.activate(x, cols, function.name, gated) {
        return case.output(y);
    }
    case
}
