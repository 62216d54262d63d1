//! The backends of this device. `null` is not among them: it runs nothing.

use crate::{pick::pick, probe::rows};
use squint_cpu::{Cpu, Isa};
use squint_gpu::Gpu;
use squint_ops::{Backend, Error, HALF, Host, INT8, Kind, OPS, Reference};
use std::rc::Rc;

/// What the engine is told about where it runs.
pub struct Surroundings {
    pub host: Host,
    /// Which build this is; see `ProbeReport`.
    pub build: &'static str,
    /// Threads of the cpu backend; 0 is as many as there are.
    pub threads: usize,
    /// What activations are rounded to where they meet weights; none is what each backend does by itself.
    pub activations: Option<Kind>,
}

/// A backend that opened, or why it did not.
pub struct Opened {
    pub name: &'static str,
    pub backend: Result<Rc<dyn Backend>, Error>,
}

pub struct Backends(pub Vec<Opened>);

/// One way to make a backend.
type Open = for<'a> fn(&'a Surroundings) -> squint_ops::Local<'a, Rc<dyn Backend>>;

/// By name, in the order the page shows them.
static OPEN: &[(&str, Open)] = &[
    ("reference", |_| Box::pin(async { Ok(Rc::new(Reference::default()) as Rc<dyn Backend>) })),
    ("cpu", |around| {
        Box::pin(async {
            let cpu = Cpu::new(around.host.clone(), Isa::best(), around.threads);
            // Whoever asks for half precision gets no less: there are bytes here, and f32.
            let rounds = around.activations.is_none_or(|kind| kind == INT8.to);
            Ok(Rc::new(if rounds { cpu } else { cpu.exact() }) as Rc<dyn Backend>)
        })
    }),
    ("gpu", |around| {
        Box::pin(async {
            let mut gpu = gpu(around).await?;
            // The fast forms of its shaders are tried, and those that are wrong on this device given up.
            gpu.vet(OPS).await?;
            Ok(Rc::new(gpu) as Rc<dyn Backend>)
        })
    }),
];

/// A GPU rounds only what it is asked to. Of SmolLM2's likeliest tokens at 2,100 positions, over caches in f32, the forms
/// that multiply in f32 have all that `transformers` has; those of half precision have 2,097, and those of bytes, without
/// the second terms of the cpu backend, 2,012: both are below the 99.9 % that a backend must reach by itself.
async fn gpu(around: &Surroundings) -> Result<Gpu, Error> {
    let gpu = Gpu::open(around.host.clone()).await?;
    Ok(match [&HALF, &INT8].into_iter().find(|r| around.activations == Some(r.to)) {
        Some(rounds) => gpu.rounding(rounds),
        None => gpu,
    })
}

impl Backends {
    pub async fn open(around: &Surroundings) -> Backends {
        let mut all = vec![];
        for (name, open) in OPEN {
            all.push(Opened { name, backend: open(around).await });
        }
        Backends(all)
    }

    /// One backend by name, and why it is that one. `auto` is the fastest of those that compute right.
    pub async fn named(around: &Surroundings, name: &str) -> Result<(Rc<dyn Backend>, String), Error> {
        if let Some((_, open)) = OPEN.iter().find(|(n, _)| *n == name) {
            let backend = open(around).await?;
            backend.ledger().restart();
            return Ok((backend, "asked for".into()));
        }
        if name != "auto" {
            let known: Vec<_> = OPEN.iter().map(|(n, _)| *n).collect();
            return Err(Error::new(
                "backend",
                format!("there is no backend '{name}'"),
                format!("use auto, {}", known.join(", ")),
            ));
        }
        let backends = Backends::open(around).await;
        let tried = rows(around, &backends, &["cpu", "gpu"], |_| ()).await;
        let picked = pick(around, &backends, &tried).await;
        let found = backends.0.into_iter().find(|o| o.name == picked.backend);
        let backend = found.map_or_else(|| Err(Error::bug("a backend was picked that is not there")), |o| o.backend)?;
        // What it held while it was tried is no model's.
        backend.ledger().restart();
        Ok((backend, picked.because))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use squint_ops::On;

    #[test]
    fn activations_are_rounded_where_it_was_asked_for() {
        for (activations, on_cpu, on_gpu) in [
            (None, Some("int8"), None),
            (Some(Kind::F32), None, None),
            (Some(Kind::F16), None, Some("half")),
            (Some(Kind::Q8_0), Some("int8"), Some("int8")),
        ] {
            let around = Surroundings { host: Host::native(), build: "native", threads: 1, activations };
            let op = OPS.iter().find(|o| o.stem == "matmul").unwrap();
            let rounds =
                |on: &dyn Backend| on.rounds(op, &[9, 40, 64], &[Kind::F32, Kind::Q4_1, Kind::F32]).map(|r| r.name);
            let (cpu, _) = block_on(Backends::named(&around, "cpu")).unwrap();
            assert_eq!(rounds(cpu.as_ref()), on_cpu, "{activations:?}");
            // Forms that round are for hardware, and for devices that have what they need.
            let Ok(mut gpu) = block_on(gpu(&around)) else { continue };
            gpu.act_as(On::Hardware);
            let there = on_gpu.filter(|name| gpu.caps().features.iter().any(|f| f == name));
            assert_eq!(rounds(&gpu), there, "{activations:?}");
        }
    }
}
