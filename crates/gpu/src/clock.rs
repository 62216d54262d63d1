//! What each dispatch of a run takes, by the GPU's own clock: one pass a dispatch, with a time written before it and one
//! behind it. Passes of their own keep dispatches from overlapping, so the sum is more than a run takes.

use crate::{
    device::Device,
    memory::{Counted, Meter},
    plan::Plan,
};
use squint_ops::{Error, Times};
use std::rc::Rc;

/// Dispatches in one submit: few enough that a GPU without interrupts lets others in between.
const MOST: usize = 32;
/// Bytes of one time.
const TIME: usize = 8;

/// Runs a plan on these grids. A tick is so many milliseconds.
pub async fn time(
    device: &Device,
    meter: &Rc<Meter>,
    plan: &Plan,
    grids: &[[u32; 3]],
    tick: f64,
) -> Result<Times, Error> {
    let size = 2 * MOST * TIME;
    let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
    let resolved = Counted::new(device, meter, size, usage);
    let queries = device.device.create_query_set(&wgpu::QuerySetDescriptor {
        label: None,
        ty: wgpu::QueryType::Timestamp,
        count: 2 * MOST as u32,
    });
    let mut ticks: Vec<u64> = vec![];
    for (dispatches, grids) in plan.dispatches.chunks(MOST).zip(grids.chunks(MOST)) {
        let held = Counted::new(device, meter, size, wgpu::BufferUsages::MAP_READ);
        let mut encoder = device.device.create_command_encoder(&Default::default());
        for (n, (dispatch, grid)) in (0u32..).zip(dispatches.iter().zip(grids)) {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                    query_set: &queries,
                    beginning_of_pass_write_index: Some(2 * n),
                    end_of_pass_write_index: Some(2 * n + 1),
                }),
            });
            dispatch.record(&mut pass, *grid);
        }
        let count = 2 * dispatches.len();
        encoder.resolve_query_set(&queries, 0..count as u32, &resolved.buffer, 0);
        encoder.copy_buffer_to_buffer(&resolved.buffer, 0, &held.buffer, 0, (count * TIME) as u64);
        let at = device.queue.submit([encoder.finish()]);
        let take = |bytes: &[u8]| bytes.as_chunks::<TIME>().0[..count].iter().map(|t| u64::from_le_bytes(*t)).collect();
        let more: Vec<u64> = device.map(&held.buffer, at, take).await?;
        ticks.extend(more);
    }
    let mut ms = vec![0.0; plan.steps];
    for (dispatch, [start, end]) in plan.dispatches.iter().zip(ticks.as_chunks::<2>().0) {
        // Clocks of GPUs may be set back while they save power; such a time is no time.
        ms[dispatch.at] += end.saturating_sub(*start) as f64 * tick;
    }
    Ok(Times { ms, resolution: common(&ticks) as f64 * tick, clock: "the GPU's clock" })
}

/// The step in which times were rounded: what all distances between them are multiples of. Browsers do so, lest a page
/// learn too much.
fn common(ticks: &[u64]) -> u64 {
    let first = ticks.first().copied().unwrap_or(0);
    let step = ticks.iter().map(|t| t.abs_diff(first)).fold(0, |mut a, mut b| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    });
    step.max(1)
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn rounded_times_are_recognised() {
        let times = [7, 12, 90, 4001, 30, 55];
        assert_eq!(common(&times), 1);
        assert_eq!(common(&times.map(|t| 1234 + 65_536 * t)), 65_536);
        assert_eq!((common(&[]), common(&[5, 5])), (1, 1));
    }
}
