//! What `sample` is asked for, and what it answers where it cannot.

use crate::dice::TOP;

/// What is drawn where no id can be.
pub const NONE: u32 = u32::MAX;

/// How freely ids are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0: always the likeliest.
    pub temperature: f32,
    /// 0: all.
    pub top_k: u32,
    /// 1: all.
    pub top_p: f32,
    /// Share of the likeliest one's probability that others need; 0: none.
    pub min_p: f32,
    /// Logits of recent ids are divided by it above zero and multiplied below; 1: none.
    pub penalty: f32,
}

impl Sampling {
    /// The op's words for it: divisions are done here, where they round as they should. They may be run values.
    pub fn words(&self) -> [u32; 6] {
        let greedy = self.temperature <= 0.0;
        let steps = std::f64::consts::LOG2_E * (1 << 20) as f64 / self.temperature as f64;
        let sharpness = if greedy { 0.0 } else { steps as f32 };
        // Conversions stop at the largest: from 1 on, everything passes.
        let top_p = if self.top_p >= 1.0 { u32::MAX } else { (self.top_p as f64 * 2f64.powi(32)) as u32 };
        let min_p = (self.min_p.clamp(0.0, 1.0) as f64 * TOP as f64) as u32;
        let top_k = if greedy { 1 } else { self.top_k };
        [self.penalty.to_bits(), (1.0 / self.penalty).to_bits(), sharpness.to_bits(), top_k, top_p, min_p]
    }
}
