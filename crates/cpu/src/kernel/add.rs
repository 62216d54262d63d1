//! Sums.

use super::{Machine, Part};
use crate::lanes::Lanes;
use crate::pairs::{self, Pair};
use squint_ops::{Error, View};

pub fn run(machine: &Machine, params: &[u32], views: &mut [View], _: Part) -> Result<(), Error> {
    pairs::run::<Sum>(machine, params, views)
}

pub struct Sum;

impl Pair for Sum {
    #[inline(always)]
    fn lanes<L: Lanes>(a: L::V, b: L::V) -> L::V {
        L::add(a, b)
    }
    #[inline(always)]
    fn one(a: f32, b: f32) -> f32 {
        a + b
    }
}
