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
pub async fn probe(around: &Surroundings, backends: &Backends, mut seen: impl FnMut(&ProbeRow)) -> ProbeReport {
    let start = (around.host.now)();
    let mut rows = vec![];
    for opened in &backends.0 {
        for op in OPS {
            let row = one(op, opened).await;
            seen(&row);
            rows.push(row);
            // Lets messages in between two ops.
            (around.host.pause)().await;
        }
    }
    let picked = pick::pick(around, backends, &rows).await;
    let devices = backends.0.iter().map(device).collect();
    ProbeReport { build: around.build.into(), devices, rows, picked, ms: (around.host.now)() - start }
}

async fn one(op: &'static OpSpec, on: &Opened) -> ProbeRow {
    let limit = op.tolerance.limit;
    let row =
        |status, error, at: String| ProbeRow { op: op.stem.into(), backend: on.name.into(), status, error, limit, at };
    let backend: &dyn Backend = match (&on.backend, &op.gpu) {
        (Err(e), _) => return row(Status::Absent(e.what.clone()), 0.0, String::new()),
        (Ok(b), Gpu::CpuOnly(why)) if b.caps().name == "gpu" => {
            return row(Status::Absent((*why).into()), 0.0, String::new());
        }
        (Ok(b), _) => b.as_ref(),
    };
    match compare(op, backend, SEED, CASES).await {
        Ok(v) => row(if v.ok { Status::Ok } else { Status::Wrong }, v.worst, v.at),
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
