//! Which backend `auto` stands for: the faster of those that compute right.

use crate::open::{Backends, Surroundings};
use squint_ops::{Backend, Error, Kind, Recording};
use squint_protocol::{Picked, ProbeRow, Status};

/// Longest measurement of one backend, milliseconds.
const BUDGET: f64 = 200.0;

pub async fn pick(around: &Surroundings, backends: &Backends, rows: &[ProbeRow]) -> Picked {
    let picked = |backend: &str, because: String| Picked { backend: backend.into(), because };
    let cpu = match wrong(rows, "cpu") {
        None => "cpu",
        // The twins are always right, only slow.
        Some(op) => {
            return picked("reference", format!("'{op}' is wrong on the cpu backend of this device"));
        }
    };
    let (Some(on_cpu), Some(on_gpu)) = (backends.get("cpu"), backends.get("gpu")) else {
        return picked(cpu, "no WebGPU here".into());
    };
    if let Some(op) = wrong(rows, "gpu") {
        return picked(cpu, format!("'{op}' is wrong on the gpu backend of this device"));
    }
    match (speed(around, on_cpu).await, speed(around, on_gpu).await) {
        (Ok(c), Ok(g)) if g > c => picked("gpu", format!("{g:.1} against {c:.1} GFLOP/s on the cpu")),
        (Ok(c), Ok(g)) => picked(cpu, format!("{c:.1} against {g:.1} GFLOP/s on the gpu")),
        (_, Err(e)) => picked(cpu, format!("the gpu failed while it was measured: {}", e.what)),
        (Err(e), Ok(_)) => picked("gpu", format!("the cpu failed while it was measured: {}", e.what)),
    }
}

fn wrong<'a>(rows: &'a [ProbeRow], backend: &str) -> Option<&'a str> {
    rows.iter().find(|r| r.backend == backend && r.status == Status::Wrong).map(|r| r.op.as_str())
}

/// GFLOP/s of the matrix product that dominates a small model's prefill, read-back included.
async fn speed(around: &Surroundings, on: &dyn Backend) -> Result<f64, Error> {
    let (rows, outs, depth) = (64, 576, 576);
    let mut rec = Recording::default();
    let x = rec.input("x", Kind::F32, rows * depth);
    let w = rec.weight("w", Kind::F32, outs * depth);
    let y = rec.matmul(x, w, depth);
    rec.output(y);
    let ready = on.prepare(&rec, &[]).await?;
    let once = async || -> Result<(), Error> {
        on.run(&ready, &[]).await?;
        on.read(ready.handle(y)).await.map(drop)
    };
    // The first run pays for compilation.
    once().await?;
    let start = (around.host.now)();
    let mut runs = 0;
    while runs == 0 || ((around.host.now)() - start < BUDGET && runs < 1000) {
        once().await?;
        runs += 1;
    }
    let ms = ((around.host.now)() - start).max(1e-3);
    Ok(2.0 * (rows * outs * depth * runs) as f64 / ms / 1e6)
}
