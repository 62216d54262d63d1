//! Fast versions of ops, same stems. An op without a row here runs its twin.

mod matmul;
mod rms_norm;

use crate::{Isa, Pool};
use squint_ops::{Error, View};

pub struct Kernel {
    pub stem: &'static str,
    pub run: Run,
}

/// Same arguments as a twin, and the machine.
pub type Run = fn(&Machine, &[u32], &mut [View]) -> Result<(), Error>;

/// What a kernel may use.
pub struct Machine {
    pub isa: Isa,
    pub pool: Pool,
}

pub static KERNELS: &[Kernel] =
    &[Kernel { stem: "matmul", run: matmul::run }, Kernel { stem: "rms_norm", run: rms_norm::run }];
