//! y[r, c] = bias[c] + Σ_t w[c, t] · x[r + t − (width − 1), c]: each channel with its own past, the last tap on the row
//! itself. Rows before the first lie in `state`, which keeps the last width − 1 rows for the next run.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, update, write};
use crate::{Buf, Error, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "ssm_conv",
    slots: &[read("x"), read("w"), read("bias"), update("state"), write("y")],
    fields: &[int("rows"), int("chans"), int("width")],
    shape: |p| {
        let [rows, chans, width] = SPEC.words(p)?;
        if width == 0 {
            return Err(Error::bug("ssm_conv: a width of zero, without the row itself"));
        }
        let all = numbers(&[rows, chans])?;
        let past = numbers(&[width - 1, chans])?;
        Ok(vec![all, numbers(&[chans, width])?, chans as usize, past, all])
    },
    flops: |p| 2 * p[0] as u64 * p[1] as u64 * p[2] as u64,
    twin,
    tolerance: Tolerance { limit: 2e-6, because: "a few products and sums, fused or not" },
    // One invocation a channel: it alone reads and writes that channel's past.
    gpu: Gpu::Shader { grid: |p| fold(p[1].div_ceil(64)) },
    case,
};

impl Recording {
    /// x: [rows, chans], w: [chans, width], bias: [chans], state: [width − 1, chans] → [rows, chans]
    pub fn ssm_conv(&mut self, x: Buf, w: Buf, bias: Buf, state: Buf) -> Buf {
        let chans = self.def(bias).len;
        let (len, width) = (self.def(x).len, self.def(w).len / chans.max(1));
        let y = self.temp(len);
        let sizes = [len / chans.max(1), chans, width];
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[x, w, bias, state, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, chans, width] = SPEC.words(params)?.map(|v| v as usize);
    let [x, w, bias, state, y] = views.split()?;
    let (x, w, bias, state, y) = (x.f32()?, w.f32()?, bias.f32()?, state.f32_mut()?, y.f32_mut()?);
    let past = width - 1;
    let all: Vec<f32> = state[..past * chans].iter().chain(&x[..rows * chans]).copied().collect();
    for r in 0..rows {
        for c in 0..chans {
            y[r * chans + c] = bias[c] + (0..width).map(|t| w[c * width + t] * all[(r + t) * chans + c]).sum::<f32>();
        }
    }
    state[..past * chans].copy_from_slice(&all[rows * chans..]);
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, chans, width) = (rng.size(1, 30), rng.size(1, 90), rng.size(1, 5));
    let mut case = Case::new(format!("{rows}×{chans}, width {width}"));
    let (x, w, bias) = (case.numbers(rng, rows * chans), case.numbers(rng, chans * width), case.numbers(rng, chans));
    let state = case.numbers(rng, (width - 1) * chans);
    let y = case.rec.ssm_conv(x, w, bias, state);
    case.output(y).output(state)
}
