//! Fast versions of ops, same stems. An op without a row here runs its twin, in parts (`cut`).

mod activate;
mod add;
mod add_norm;
mod attention;
mod conv2d;
mod kv_write;
mod layer_norm;
pub mod matmul;
mod matmul_gated;
mod matmul_id;
mod mul;
mod pixel_shuffle;
mod rms_norm;
mod rope;
mod rope_write;
mod scale;
mod score_reduce;
mod ssm_scan;

pub use activate::{Curve, Visit, visit};

use crate::quantize::Scratch;
use crate::shorts::Shorts;
use crate::{Isa, Pool};
use squint_ops::{Error, View};
use std::{cell::RefCell, ops::Range};

pub struct Kernel {
    pub stem: &'static str,
    /// Into how many parts a step of these parameters is cut so that none takes much longer than `STRETCH`.
    pub parts: fn(&Machine, &[u32]) -> usize,
    pub run: Run,
}

/// Same arguments as a twin, the machine, and which part of the step to do.
pub type Run = fn(&Machine, &[u32], &mut [View], Part) -> Result<(), Error>;

/// Part `i` of `of`.
#[derive(Clone, Copy)]
pub struct Part {
    pub i: usize,
    pub of: usize,
}

impl Part {
    /// This part's share of 0..n.
    pub fn share(self, n: usize) -> Range<usize> {
        self.i * n / self.of..(self.i + 1) * n / self.of
    }
}

/// Longest stretch without letting messages in, milliseconds.
pub const STRETCH: f64 = 30.0;

/// Parts of a step where even the smallest is cut.
pub const EAGER: usize = 3;

/// What a kernel may use.
pub struct Machine {
    pub isa: Isa,
    pub pool: Pool,
    /// Keeps activations in f32 where they would be rounded to 8 or 16 bits.
    pub exact: bool,
    /// Cuts and hands out even the smallest work, where a kernel asks for it: tests draw no large cases.
    pub eager: bool,
    pub scratch: RefCell<Scratch>,
    pub shorts: RefCell<Shorts>,
    pub turns: RefCell<rope::Turns>,
    /// What a step computes and uses up within one part.
    pub between: RefCell<Vec<f32>>,
}

impl Machine {
    pub fn new(isa: Isa, threads: usize) -> Machine {
        let (scratch, shorts, turns, between) = Default::default();
        Machine { isa, pool: Pool::new(threads), exact: false, eager: false, scratch, shorts, turns, between }
    }

    /// What is worth handing out to a thread.
    pub(crate) fn grain(&self, usual: usize) -> usize {
        if self.eager { 1 } else { usual }
    }

    /// Parts of a step of so many multiply-adds.
    fn parts(&self, products: usize) -> usize {
        if self.eager {
            return EAGER;
        }
        products / (STRETCH as usize * self.isa.pace() * self.pool.threads()) + 1
    }
}

pub static KERNELS: &[Kernel] = &[
    Kernel { stem: "activate", parts: |_, _| 1, run: activate::run },
    Kernel { stem: "add", parts: |_, _| 1, run: add::run },
    Kernel { stem: "add_norm", parts: |_, _| 1, run: add_norm::run },
    Kernel { stem: "attention", parts: attention::parts, run: attention::run },
    Kernel { stem: "conv2d", parts: conv2d::parts, run: conv2d::run },
    Kernel { stem: "kv_write", parts: |_, _| 1, run: kv_write::run },
    Kernel { stem: "layer_norm", parts: |_, _| 1, run: layer_norm::run },
    Kernel { stem: "matmul", parts: matmul::parts, run: matmul::run },
    Kernel { stem: "matmul_gated", parts: matmul_gated::parts, run: matmul_gated::run },
    Kernel { stem: "matmul_id", parts: matmul_id::parts, run: matmul_id::run },
    Kernel { stem: "mul", parts: |_, _| 1, run: mul::run },
    Kernel { stem: "pixel_shuffle", parts: |_, _| 1, run: pixel_shuffle::run },
    Kernel { stem: "rms_norm", parts: |_, _| 1, run: rms_norm::run },
    Kernel { stem: "rope", parts: |_, _| 1, run: rope::run },
    Kernel { stem: "rope_write", parts: |_, _| 1, run: rope_write::run },
    Kernel { stem: "scale", parts: |_, _| 1, run: scale::run },
    Kernel { stem: "score_reduce", parts: score_reduce::parts, run: score_reduce::run },
    Kernel { stem: "ssm_scan", parts: ssm_scan::parts, run: ssm_scan::run },
];

/// Those that round activations to 8 bits where the weight's numbers are integers themselves.
pub const ROUNDING: &[&str] = &["matmul", "matmul_gated", "matmul_id"];
