//! Every backend that can run on this machine, and a printed reason for those that cannot.

use squint_cpu::{Cpu, Isa};
use squint_gpu::Gpu;
use squint_ops::{Backend, Host, Reference};
use std::rc::Rc;

/// Reference, every instruction set of the cpu, and the gpu.
pub fn everywhere() -> Vec<Rc<dyn Backend>> {
    let mut all: Vec<Rc<dyn Backend>> = vec![Rc::new(Reference::default())];
    all.extend(cpus().into_iter().map(|c| Rc::new(c) as Rc<dyn Backend>));
    all.extend(pollster::block_on(gpu()).map(|g| Rc::new(g) as Rc<dyn Backend>));
    all
}

/// The cpu backend on every instruction set, on one thread and on three, with rounded and with exact activations.
pub fn cpus() -> Vec<Cpu> {
    let all = |isa| {
        let [one, three] = [1, 3].map(|threads| Cpu::new(Host::native(), isa, threads));
        [one, three, Cpu::new(Host::native(), isa, 3).exact()]
    };
    Isa::available().into_iter().flat_map(all).collect()
}

/// The gpu backend, or none with the reason printed. `GPU_TESTS=no` skips it, `GPU_TESTS=must` fails without it.
pub async fn gpu() -> Option<Gpu> {
    let wish = std::env::var("GPU_TESTS").unwrap_or_default();
    if wish == "no" {
        say("gpu tests ignored because GPU_TESTS=no");
        return None;
    }
    match Gpu::open(Host::native()).await {
        Ok(gpu) => {
            say(&format!("gpu tests run on {}", gpu.caps().device));
            Some(gpu)
        }
        Err(e) => {
            assert!(wish != "must", "GPU_TESTS=must, but {e}");
            say(&format!("gpu tests ignored because {e}"));
            None
        }
    }
}

/// Printed even where the test passes: the harness keeps what `println!` says to itself.
pub fn say(text: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stderr(), "{text}"));
}
