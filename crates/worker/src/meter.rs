//! What an answer took, as the page is told it.

use squint_engine::{Backend, answer::Measured};
use squint_protocol::{MeterRow, StageRow};

pub fn row(s: &Measured) -> StageRow {
    StageRow {
        name: s.stage.name.into(),
        ms: s.ms,
        tokens_in: s.stage.tokens_in as u32,
        tokens_out: s.stage.tokens_out as u32,
        flops: s.stage.flops as f64,
        bytes: s.stage.bytes as f64,
        reused: s.reused,
    }
}

/// Of an answer in which only pictures were seen: a backend, the build around it, and the stages.
pub fn meter(on: &dyn Backend, build: &str, stages: &[Measured]) -> MeterRow {
    MeterRow {
        vision_ms: stages.iter().fold(0.0, |sum, s| sum + s.ms),
        gpu_bytes: on.device_bytes() as f64,
        heap_bytes: core::arch::wasm32::memory_size(0) as f64 * 65536.0,
        backend: on.caps().name.into(),
        threads: on.caps().threads as u32,
        build: build.into(),
        ..MeterRow::default()
    }
}
