//! A recording made ready: its dispatches, each with its pipeline, its bind group and its place among the parameters.

use crate::{
    device::Device,
    memory::{Counted, Memory, Meter},
    pipelines::{Choice, Pipelines, Terms},
};
use squint_ops::{Buf, Error, Gpu, Handle, Recording, Shards, Step};
use std::{cell::RefCell, num::NonZeroU64, rc::Rc};

/// Parameters of one dispatch; WebGPU's default alignment of uniform offsets.
pub const PARAMS: usize = 256;

pub struct Plan {
    /// How many steps the recording has; one may be several dispatches.
    pub steps: usize,
    pub dispatches: Vec<Dispatch>,
    /// Dispatch i's parameters at i · PARAMS.
    params: Counted,
    /// What that buffer holds.
    written: RefCell<Vec<u8>>,
}

pub struct Dispatch {
    step: Step,
    /// Which of the recording's it is.
    pub at: usize,
    pub choice: Choice,
    pub group: wgpu::BindGroup,
    /// First row and number of rows of the shard it reads, and which parameter counts the whole.
    shard: Option<[u32; 3]>,
    /// What it costs, by the op's row, with the largest run values.
    pub work: f64,
}

impl Dispatch {
    pub fn record(&self, pass: &mut wgpu::ComputePass, [x, y, z]: [u32; 3]) {
        pass.set_pipeline(&self.choice.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(x, y, z);
    }

    /// The shader's parameters of one run, and the grid.
    fn resolve(&self, run: &[u32]) -> Result<(Vec<u32>, [u32; 3]), Error> {
        let mut params = self.step.resolve(run)?;
        let Some([first, here, rows]) = self.shard else {
            let grid = (self.choice.grid)(&params);
            return Ok((params, grid));
        };
        let all = std::mem::replace(&mut params[rows as usize], here);
        let grid = (self.choice.grid)(&params);
        params[rows as usize] = all;
        params.extend([first, here]);
        Ok((params, grid))
    }
}

/// What a dispatch costs besides its arithmetic and its bytes, in the same unit.
const OVERHEAD: f64 = 20e3;

impl Plan {
    pub fn new(
        device: &Device,
        pipelines: &Pipelines,
        meter: &Rc<Meter>,
        terms: &Terms,
        rec: &Recording,
        handles: &[Handle],
    ) -> Result<Plan, Error> {
        let memory = |buf: &Buf| handles[buf.0 as usize].downcast::<Memory>();
        let mut count = 0;
        for step in &rec.steps {
            count += match cut(step) {
                Some(shards) => memory(&step.bufs[shards.slot])?.shards.len(),
                None => 1,
            };
        }
        let params = Counted::new(device, meter, count * PARAMS, wgpu::BufferUsages::UNIFORM);
        let most: Vec<u32> = rec.run_values().iter().map(|(_, most)| *most).collect();
        let mut dispatches = vec![];
        for (at, step) in rec.steps.iter().enumerate() {
            let (words, kinds) = (step.resolve(&most)?, rec.kinds(step));
            let choice = pipelines.choose(device, step.op, &words, &kinds, terms)?;
            let cost = step.op.cost(&words, &kinds)?;
            let work = cost.flops as f64 + cost.bytes as f64;
            let memories = step.bufs.iter().map(memory).collect::<Result<Vec<_>, _>>()?;
            let shards = cut(step).map(|c| (c, &memories[c.slot].shards));
            for n in 0..shards.map_or(1, |(_, s)| s.len()) {
                let mut shard = None;
                let mut buffers = vec![];
                for (slot, memory) in memories.iter().enumerate() {
                    buffers.push(match shards {
                        Some((c, all)) if c.slot == slot => {
                            // A buffer that was not made as a matrix does not know its rows; it has them all.
                            let whole = c.rows.iter().map(|i| words[*i]).product();
                            let here = if all.len() == 1 { whole } else { all[n].rows as u32 };
                            shard = Some([all[n].first as u32, here, c.rows[0] as u32]);
                            all[n].buffer()
                        }
                        _ => memory.whole()?,
                    });
                }
                let size = (words.len() + if shard.is_some() { 2 } else { 0 }) * 4;
                let group = bind(device, &choice, (&params.buffer, dispatches.len() * PARAMS, size), &buffers);
                let work = work / shards.map_or(1, |(_, s)| s.len()) as f64 + OVERHEAD;
                dispatches.push(Dispatch { step: step.clone(), at, choice: choice.clone(), group, shard, work });
            }
        }
        Ok(Plan { steps: rec.steps.len(), dispatches, params, written: RefCell::default() })
    }

    /// Every dispatch's parameters for this run, sent as far as they differ from the last run's; and every grid. The next
    /// run of a recording begins when this one has been accepted as a whole: there is one set of parameters.
    pub fn parameters(&self, device: &Device, run: &[u32]) -> Result<Vec<[u32; 3]>, Error> {
        let mut block = vec![0u8; self.dispatches.len() * PARAMS];
        let mut grids = vec![];
        for (dispatch, at) in self.dispatches.iter().zip(block.chunks_exact_mut(PARAMS)) {
            let (params, grid) = dispatch.resolve(run)?;
            for (word, at) in params.iter().zip(at.chunks_exact_mut(4)) {
                at.copy_from_slice(&word.to_le_bytes());
            }
            grids.push(grid);
        }
        let mut written = self.written.borrow_mut();
        let differs =
            |n: &usize| written.get(n * PARAMS..(n + 1) * PARAMS) != Some(&block[n * PARAMS..(n + 1) * PARAMS]);
        let first = (0..grids.len()).find(differs);
        let last = (0..grids.len()).rev().find(differs);
        if let (Some(first), Some(last)) = (first, last) {
            let part = &block[first * PARAMS..(last + 1) * PARAMS];
            device.queue.write_buffer(&self.params.buffer, (first * PARAMS) as u64, part);
        }
        *written = block;
        Ok(grids)
    }
}

/// The weight of a step that may be cut, if any.
pub fn cut(step: &Step) -> Option<&'static Shards> {
    match &step.op.gpu {
        Gpu::Forms { shards, .. } => shards.as_ref(),
        _ => None,
    }
}

/// Parameters (buffer, offset, size) and buffers in the op's order.
pub fn bind(
    device: &Device,
    choice: &Choice,
    (params, offset, size): (&wgpu::Buffer, usize, usize),
    buffers: &[&wgpu::Buffer],
) -> wgpu::BindGroup {
    let params = wgpu::BufferBinding { buffer: params, offset: offset as u64, size: NonZeroU64::new(size as u64) };
    let first = wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(params) };
    let rest =
        buffers.iter().zip(1..).map(|(b, n)| wgpu::BindGroupEntry { binding: n, resource: b.as_entire_binding() });
    device.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(choice.form),
        layout: &choice.pipeline.get_bind_group_layout(0),
        entries: &std::iter::once(first).chain(rest).collect::<Vec<_>>(),
    })
}
