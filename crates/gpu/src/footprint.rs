//! What this backend takes for what it is asked to hold, on a device with WebGPU's default limits.

use crate::{arena, layout, memory, plan};
use squint_ops::{Buf, Error, Footprint, Kind, Recording};

/// Bytes that a shader may bind.
const BINDS: u64 = 128 << 20;

pub static FOOTPRINT: Footprint = Footprint {
    name: "gpu",
    buffer: |kind, len| layout::held(layout::size(kind, len)),
    matrix: |kind, sizes| {
        let row = layout::size(kind, sizes[1]);
        Ok(memory::cut(kind, sizes, BINDS)?.iter().map(|rows| layout::held(rows.len() * row)).sum())
    },
    ready,
};

/// Temporaries in turn in the same buffers, and a block of parameters for each dispatch.
fn ready(rec: &Recording, bound: &[Buf]) -> Result<u64, Error> {
    let places = arena::place(rec, |buf| bound.contains(&buf));
    let lent: Vec<Buf> = places.of.iter().map(|(buf, _)| *buf).collect();
    let temporaries: u64 = places.sizes.iter().map(|bytes| (FOOTPRINT.buffer)(Kind::U32, bytes.div_ceil(4))).sum();
    let mut dispatches = 0;
    for step in &rec.steps {
        dispatches += match plan::cut(step).map(|shards| rec.def(step.bufs[shards.slot])) {
            Some(def) if def.cols > 0 => memory::cut(def.kind, [def.len / def.cols, def.cols], BINDS)?.len(),
            _ => 1,
        };
    }
    let parameters = layout::held(dispatches * plan::PARAMS);
    Ok(FOOTPRINT.unbound(rec, &[bound, &lent].concat())? + temporaries + parameters)
}
