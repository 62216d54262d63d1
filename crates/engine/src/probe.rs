//! At first use every op is compared with its twin on this very device: a wrong GPU driver is found here, not in a
//! wrong answer.

use crate::open::{Backends, Opened, Surroundings};
use crate::{fault, pick};
use squint_ops::{Backend, Gpu, OPS, OpSpec, case::compare};
use squint_protocol::{Device, ProbeReport, ProbeRow, Status};

/// Instances of each op: enough that most weight formats come by, few enough to take a second.
const CASES: usize = 12;
const SEED: u64 = 20;

/// Tries every op on every backend. `seen` hears of each as it is done.
pub async fn probe(around: &Surroundings, backends: &Backends, seen: impl FnMut(&ProbeRow)) -> ProbeReport {
    let start = (around.host.now)();
    let names: Vec<&str> = backends.0.iter().map(|o| o.name).collect();
    let rows = rows(around, backends, &names, seen).await;
    let picked = pick::pick(around, backends, &rows).await;
    let devices = backends.0.iter().map(device).collect();
    ProbeReport { build: around.build.into(), devices, rows, picked, ms: (around.host.now)() - start }
}

/// Tries every op on some of the backends.
pub(crate) async fn rows(
    around: &Surroundings,
    backends: &Backends,
    names: &[&str],
    mut seen: impl FnMut(&ProbeRow),
) -> Vec<ProbeRow> {
    let mut rows = vec![];
    for opened in backends.0.iter().filter(|o| names.contains(&o.name)) {
        for op in OPS {
            let row = one(op, opened).await;
            seen(&row);
            rows.push(row);
            // Lets messages in between two ops.
            (around.host.pause)().await;
        }
    }
    rows
}

async fn one(op: &'static OpSpec, on: &Opened) -> ProbeRow {
    let held = |status, error, limit, at: String| ProbeRow {
        op: op.stem.into(),
        backend: on.name.into(),
        status,
        error,
        limit,
        at,
    };
    let row = |status, error, at| held(status, error, op.tolerance.limit, at);
    let backend: &dyn Backend = match (&on.backend, &op.gpu) {
        (Err(e), _) => return row(Status::Absent(e.what.clone()), 0.0, String::new()),
        (Ok(b), Gpu::CpuOnly(why)) if b.caps().name == "gpu" => {
            return row(Status::Absent((*why).into()), 0.0, String::new());
        }
        (Ok(b), _) => b.as_ref(),
    };
    match compare(op, backend, SEED, CASES).await {
        Ok(v) => held(if v.ok { Status::Ok } else { Status::Wrong }, v.worst, v.limit, v.at),
        // An op that cannot even run is a wrong op.
        Err(e) => row(Status::Wrong, f32::INFINITY, fault(e).to_string()),
    }
}

fn device(opened: &Opened) -> Device {
    let (device, features) = match &opened.backend {
        Ok(b) => (b.caps().device.clone(), b.caps().features.clone()),
        Err(e) => (e.what.clone(), vec![]),
    };
    Device { backend: opened.name.into(), device, features }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use squint_cpu::{Cpu, Isa};
    use squint_ops::Host;

    fn around() -> Surroundings {
        Surroundings { host: Host::native(), build: "native", threads: 2, activations: None }
    }

    /// A probe whose cases are all too small for a second thread would say nothing about threads.
    #[test]
    fn the_probes_cases_reach_the_second_thread() {
        let cpu = Cpu::new(Host::native(), Isa::best(), 2);
        for stem in ["matmul", "rms_norm"] {
            let before = cpu.splits();
            let op = OPS.iter().find(|o| o.stem == stem).unwrap();
            assert!(block_on(compare(op, &cpu, SEED, CASES)).unwrap().ok);
            assert!(cpu.splits() > before, "{stem}: no case was shared out");
        }
    }

    #[test]
    fn every_op_on_every_backend_has_a_row() {
        let around = around();
        let backends = block_on(Backends::open(&around));
        let mut heard = 0;
        let report = block_on(probe(&around, &backends, |_| heard += 1));
        assert_eq!((heard, report.rows.len()), (3 * OPS.len(), 3 * OPS.len()));
        assert!(report.rows.iter().all(|r| r.status != Status::Wrong), "{:?}", report.rows);
        assert!(["cpu", "gpu"].contains(&report.picked.backend.as_str()));
    }
}
