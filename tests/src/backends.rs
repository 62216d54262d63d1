//! Every backend that can run on this machine, and a printed reason for those that cannot.

use squint_cpu::{Cpu, Isa};
use squint_gpu::Gpu;
use squint_ops::{Backend, Host};

/// The cpu backend on every instruction set, on one thread and on three.
pub fn cpus() -> Vec<Box<dyn Backend>> {
    let both = |isa| [1, 3].map(|threads| Box::new(Cpu::new(Host::native(), isa, threads)) as Box<dyn Backend>);
    Isa::available().into_iter().flat_map(both).collect()
}

/// The gpu backend, or none with the reason printed. `GPU_TESTS=no` skips it, `GPU_TESTS=must` fails without it.
pub async fn gpu() -> Option<Box<dyn Backend>> {
    let wish = std::env::var("GPU_TESTS").unwrap_or_default();
    if wish == "no" {
        println!("gpu: ignored because GPU_TESTS=no");
        return None;
    }
    match Gpu::open().await {
        Ok(gpu) => {
            println!("gpu: {}", gpu.caps().device);
            Some(Box::new(gpu))
        }
        Err(e) => {
            assert!(wish != "must", "GPU_TESTS=must, but {e}");
            println!("gpu: ignored because {e}");
            None
        }
    }
}
