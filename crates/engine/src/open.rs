//! The backends of this device. `null` is not among them: it runs nothing.

use squint_cpu::{Cpu, Isa};
use squint_gpu::Gpu;
use squint_ops::{Backend, Error, Host, Reference};

/// What the engine is told about where it runs.
pub struct Surroundings {
    pub host: Host,
    /// Which build this is; see `ProbeReport`.
    pub build: &'static str,
    /// Threads of the cpu backend; 0 is as many as there are.
    pub threads: usize,
}

/// A backend that opened, or why it did not.
pub struct Opened {
    pub name: &'static str,
    pub backend: Result<Box<dyn Backend>, Error>,
}

pub struct Backends(pub Vec<Opened>);

impl Backends {
    pub async fn open(around: &Surroundings) -> Backends {
        let cpu = Cpu::new(around.host.clone(), Isa::best(), around.threads);
        let gpu = Gpu::open().await.map(|g| Box::new(g) as Box<dyn Backend>);
        Backends(vec![
            Opened { name: "reference", backend: Ok(Box::new(Reference::default())) },
            Opened { name: "cpu", backend: Ok(Box::new(cpu)) },
            Opened { name: "gpu", backend: gpu },
        ])
    }
}
