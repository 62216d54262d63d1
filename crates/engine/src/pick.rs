//! Which backend `auto` stands for: the faster of those that compute right.

use crate::open::{Backends, Surroundings};
use squint_ops::{Backend, Error, Kind, Recording};
use squint_protocol::{Picked, ProbeRow, Status};

/// Longest measurement of one backend, milliseconds.
const BUDGET: f64 = 200.0;

pub async fn pick(around: &Surroundings, backends: &Backends, rows: &[ProbeRow]) -> Picked {
    let picked = |backend: &str, because: String| Picked { backend: backend.into(), because };
    let (on_cpu, on_gpu) = match (able(backends, rows, "cpu"), able(backends, rows, "gpu")) {
        (Ok(cpu), Ok(gpu)) => (cpu, gpu),
        (Ok(_), Err(why)) => return picked("cpu", why),
        (Err(why), Ok(_)) => return picked("gpu", why),
        // The twins are always right, only slow.
        (Err(cpu), Err(gpu)) => return picked("reference", format!("{cpu}; {gpu}")),
    };
    match (speed(around, on_cpu).await, speed(around, on_gpu).await) {
        (Ok(c), Ok(g)) if g > c => picked("gpu", format!("{g:.1} against {c:.1} GFLOP/s on the cpu")),
        (Ok(c), Ok(g)) => picked("cpu", format!("{c:.1} against {g:.1} GFLOP/s on the gpu")),
        (_, Err(e)) => picked("cpu", format!("the gpu failed while it was measured: {}", e.what)),
        (Err(e), Ok(_)) => picked("gpu", format!("the cpu failed while it was measured: {}", e.what)),
    }
}

/// A backend that opened and computes right, or why it cannot be taken.
fn able<'a>(backends: &'a Backends, rows: &[ProbeRow], name: &str) -> Result<&'a dyn Backend, String> {
    let opened = backends.0.iter().find(|o| o.name == name).ok_or(format!("there is no {name} backend"))?;
    let backend = opened.backend.as_ref().map_err(|e| e.what.clone())?;
    match wrong(rows, name) {
        Some(op) => Err(format!("'{op}' is wrong on the {name} backend of this device")),
        None => Ok(backend.as_ref()),
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
    let w = rec.matrix("w", Kind::F32, outs, depth);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::Opened;
    use pollster::block_on;
    use squint_ops::{Host, Null, Reference};
    use std::rc::Rc;

    fn around() -> Surroundings {
        Surroundings { host: Host::native(), build: "native", threads: 1, activations: None }
    }
    fn row(op: &str, backend: &str, status: Status) -> ProbeRow {
        ProbeRow { op: op.into(), backend: backend.into(), status, error: 0.0, limit: 0.0, at: String::new() }
    }
    /// `null` is fast beyond measure, the twins are slow: stand-ins for two backends of known order.
    fn backends(gpu: Result<Rc<dyn Backend>, Error>) -> Backends {
        Backends(vec![
            Opened { name: "cpu", backend: Ok(Rc::new(Reference::default())) },
            Opened { name: "gpu", backend: gpu },
        ])
    }

    #[test]
    fn the_faster_of_those_that_are_right() {
        let both = backends(Ok(Rc::new(Null::default())));
        let pick = |rows: &[ProbeRow]| block_on(pick(&around(), &both, rows));
        assert_eq!(pick(&[]).backend, "gpu");
        let wrong_gpu = pick(&[row("matmul", "gpu", Status::Wrong)]);
        assert_eq!(wrong_gpu.backend, "cpu");
        assert!(wrong_gpu.because.contains("'matmul' is wrong on the gpu"));
        assert_eq!(pick(&[row("add", "cpu", Status::Wrong)]).backend, "gpu");
        assert_eq!(pick(&[row("add", "cpu", Status::Wrong), row("add", "gpu", Status::Wrong)]).backend, "reference");
    }

    #[test]
    fn without_a_gpu_the_reason_is_told() {
        let none = backends(Err(Error::new("no_gpu", "the adapter gave no device", "")));
        let picked = block_on(pick(&around(), &none, &[]));
        assert_eq!((picked.backend.as_str(), picked.because.as_str()), ("cpu", "the adapter gave no device"));
    }
}
