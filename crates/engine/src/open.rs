//! The backends of this device. `null` is not among them: it runs nothing.

use crate::{pick::pick, probe::rows};
use squint_cpu::{Cpu, Isa};
use squint_gpu::Gpu;
use squint_ops::{Backend, Error, Host, OPS, Reference};
use std::rc::Rc;

/// What the engine is told about where it runs.
pub struct Surroundings {
    pub host: Host,
    /// Which build this is; see `ProbeReport`.
    pub build: &'static str,
    /// Threads of the cpu backend; 0 is as many as there are.
    pub threads: usize,
    /// Activations stay f32 on the cpu backend.
    pub exact: bool,
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
            Ok(Rc::new(if around.exact { cpu.exact() } else { cpu }) as Rc<dyn Backend>)
        })
    }),
    ("gpu", |around| {
        Box::pin(async {
            let mut gpu = Gpu::open(around.host.clone()).await?;
            // The fast forms of its shaders are tried, and those that are wrong on this device given up.
            gpu.vet(OPS).await?;
            Ok(Rc::new(gpu) as Rc<dyn Backend>)
        })
    }),
];

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
            return Ok((open(around).await?, "asked for".into()));
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
        Ok((backend, picked.because))
    }
}
