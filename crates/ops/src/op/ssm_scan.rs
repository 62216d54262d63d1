//! Mamba's selective scan: h[c, n] ← exp(dt[r, c] · a[c, n]) · h[c, n] + dt[r, c] · b[r, n] · x[r, c], row after row, and
//! y[r, c] = Σ_n c[r, n] · h[c, n] + d[c] · x[r, c]. `state` holds h from run to run.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, update, write};
use crate::{Buf, Error, Kind, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "ssm_scan",
    slots: &[read("x"), read("dt"), read("a"), read("b"), read("c"), read("d"), update("state"), write("y")],
    fields: &[int("rows"), int("chans"), int("states")],
    shape: |p| {
        let [rows, chans, states] = SPEC.words(p)?;
        if states > MOST_STATES {
            return Err(Error::bug(format!("ssm_scan: {states} numbers a channel, at most {MOST_STATES}")));
        }
        let (all, held, shared) = (numbers(&[rows, chans])?, numbers(&[chans, states])?, numbers(&[rows, states])?);
        Ok(vec![all, all, held, shared, shared, chans as usize, held, all])
    },
    flops: |p| p[0] as u64 * p[1] as u64 * (7 * p[2] as u64 + 2),
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "products and sums fused or not along the rows, and the GPU's exp" },
    // One invocation a channel, which holds that channel's numbers while it goes through the rows.
    gpu: Gpu::Shader { grid: |p| fold(p[1].div_ceil(64)) },
    case,
};

/// The shader holds them in an array of its own.
const MOST_STATES: u32 = 64;

/// What a scan is driven by.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// [rows, chans], after its softplus.
    pub dt: Buf,
    /// [chans, states]: −exp(A_log).
    pub a: Buf,
    /// [rows, states]
    pub b: Buf,
    /// [rows, states]
    pub c: Buf,
    /// [chans]
    pub d: Buf,
}

impl Recording {
    /// x: [rows, chans], state: [chans, states] → [rows, chans]
    pub fn ssm_scan(&mut self, x: Buf, by: Scan, state: Buf) -> Buf {
        let (len, chans) = (self.def(x).len, self.def(by.d).len);
        let y = self.temp(len);
        let sizes = [len / chans.max(1), chans, self.def(by.a).len / chans.max(1)];
        self.step(&SPEC, &sizes.map(|n| (n as u32).into()), &[x, by.dt, by.a, by.b, by.c, by.d, state, y]);
        y
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, chans, states] = SPEC.words(params)?.map(|v| v as usize);
    let [x, dt, a, b, c, d, state, y] = views.split()?;
    let (x, dt, a, b, c, d) = (x.f32()?, dt.f32()?, a.f32()?, b.f32()?, c.f32()?, d.f32()?);
    let (h, y) = (state.f32_mut()?, y.f32_mut()?);
    for r in 0..rows {
        for ch in 0..chans {
            let (x, dt) = (x[r * chans + ch], dt[r * chans + ch]);
            let mut sum = 0.0;
            for n in 0..states {
                let at = ch * states + n;
                h[at] = (dt * a[at]).exp() * h[at] + dt * b[r * states + n] * x;
                sum += c[r * states + n] * h[at];
            }
            y[r * chans + ch] = sum + d[ch] * x;
        }
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, chans, states) = (rng.size(1, 30), rng.size(1, 90), rng.size(1, 20));
    let mut case = Case::new(format!("{rows}×{chans}, {states} states"));
    // Steps are positive and `a` is negative: the past fades.
    let dt: Vec<f32> = (0..rows * chans).map(|_| 0.5 + 0.5 * rng.number()).collect();
    let a: Vec<f32> = (0..chans * states).map(|_| -1.5 + rng.number()).collect();
    let by = Scan {
        dt: case.stored(Kind::F32, &dt),
        a: case.stored(Kind::F32, &a),
        b: case.numbers(rng, rows * states),
        c: case.numbers(rng, rows * states),
        d: case.numbers(rng, chans),
    };
    let (x, state) = (case.numbers(rng, rows * chans), case.numbers(rng, chans * states));
    let y = case.rec.ssm_scan(x, by, state);
    case.output(y).output(state)
}
