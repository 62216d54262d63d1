//! `Backend` on WebGPU: bind groups built once in `prepare`, one command buffer and one submit a run.

use crate::{device::Device, pipelines::Pipelines};
use squint_ops::{Backend, Buf, Caps, Error, Handle, Kind, Local, Prepared, Recording, Step};
use std::{cell::Cell, rc::Rc};

/// Parameters of one step; WebGPU's default alignment of uniform offsets.
const PARAMS: u64 = 256;

pub struct Gpu {
    device: Device,
    pipelines: Pipelines,
    bytes: Rc<Cell<u64>>,
}

/// A buffer that counts itself.
struct Memory {
    buffer: wgpu::Buffer,
    bytes: Rc<Cell<u64>>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.bytes.set(self.bytes.get() - self.buffer.size());
    }
}

struct Plan {
    steps: Vec<(Step, wgpu::ComputePipeline, wgpu::BindGroup)>,
    /// Step i's parameters at i · PARAMS.
    params: wgpu::Buffer,
}

impl Gpu {
    pub async fn open() -> Result<Gpu, Error> {
        Ok(Gpu { device: Device::open().await?, pipelines: Pipelines::default(), bytes: Rc::default() })
    }

    /// Bytes of GPU memory held by buffers now alive.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    fn buffer(&self, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    fn plan(&self, rec: &Recording, handles: &[Handle]) -> Result<Plan, Error> {
        let params = self.buffer((rec.steps.len().max(1) as u64) * PARAMS, wgpu::BufferUsages::UNIFORM);
        let mut steps = vec![];
        for (i, step) in rec.steps.iter().enumerate() {
            let pipeline = self.pipelines.get(&self.device.device, step.op, &rec.kinds(step))?;
            let uniform = wgpu::BufferBinding {
                buffer: &params,
                offset: i as u64 * PARAMS,
                size: std::num::NonZeroU64::new(step.words.len() as u64 * 4),
            };
            let mut entries =
                vec![wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(uniform) }];
            for (at, buf) in step.bufs.iter().enumerate() {
                let memory: &Memory = handles[buf.0 as usize].downcast()?;
                entries
                    .push(wgpu::BindGroupEntry { binding: at as u32 + 1, resource: memory.buffer.as_entire_binding() });
            }
            let group = self.device.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(step.op.stem),
                layout: &pipeline.get_bind_group_layout(0),
                entries: &entries,
            });
            steps.push((step.clone(), pipeline, group));
        }
        Ok(Plan { steps, params })
    }
}

/// Buffers and copies are whole words.
fn words(bytes: usize) -> u64 {
    (bytes.div_ceil(4) * 4).max(4) as u64
}

impl Backend for Gpu {
    fn caps(&self) -> &Caps {
        &self.device.caps
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        let buffer = self.buffer(words(kind.bytes_of(len)), wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        self.bytes.set(self.bytes.get() + buffer.size());
        Ok(Handle { kind, len, inner: Rc::new(Memory { buffer, bytes: self.bytes.clone() }) })
    }

    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let memory: &Memory = to.downcast()?;
        if !at.is_multiple_of(4) || at + bytes.len() > to.bytes() {
            return Err(Error::bug(format!("{} bytes at {at} do not fit into {}", bytes.len(), to.bytes())));
        }
        let whole = bytes.len() / 4 * 4;
        self.device.queue.write_buffer(&memory.buffer, at as u64, &bytes[..whole]);
        if whole < bytes.len() {
            let mut last = [0; 4];
            last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
            self.device.queue.write_buffer(&memory.buffer, (at + whole) as u64, &last);
        }
        Ok(())
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move {
            let ready = Prepared::bind(self, rec, bound, |handles| self.plan(rec, handles))?;
            self.device.check()?;
            Ok(ready)
        })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            what.admit(run)?;
            let plan: &Plan = what.downcast()?;
            let mut encoder = self.device.device.create_command_encoder(&Default::default());
            let mut block = vec![0u8; plan.steps.len() * PARAMS as usize];
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                for (i, (step, pipeline, group)) in plan.steps.iter().enumerate() {
                    let params = step.resolve(run)?;
                    for (word, at) in params.iter().zip(block[i * PARAMS as usize..].chunks_exact_mut(4)) {
                        at.copy_from_slice(&word.to_le_bytes());
                    }
                    let squint_ops::Gpu::Shader { grid } = step.op.gpu else {
                        continue;
                    };
                    let [x, y, z] = grid(&params);
                    pass.set_pipeline(pipeline);
                    pass.set_bind_group(0, group, &[]);
                    pass.dispatch_workgroups(x, y, z);
                }
            }
            self.device.queue.write_buffer(&plan.params, 0, &block);
            self.device.queue.submit([encoder.finish()]);
            self.device.check()
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        Box::pin(async move {
            let memory: &Memory = from.downcast()?;
            let size = words(from.bytes());
            let staging = self.buffer(size, wgpu::BufferUsages::MAP_READ);
            let mut encoder = self.device.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(&memory.buffer, 0, &staging, 0, size);
            self.device.queue.submit([encoder.finish()]);

            let (done, wait) = futures_channel::oneshot::channel();
            staging.map_async(wgpu::MapMode::Read, .., move |result| drop(done.send(result)));
            // The browser polls by itself; natively somebody has to.
            #[cfg(not(target_arch = "wasm32"))]
            self.device.device.poll(wgpu::PollType::wait_indefinitely()).map_err(gone)?;
            wait.await.map_err(gone)?.map_err(gone)?;
            let mapped = staging.get_mapped_range(..).map_err(gone)?;
            let bytes = mapped[..from.bytes()].to_vec();
            drop(mapped);
            self.device.check()?;
            Ok(bytes)
        })
    }
}

fn gone(why: impl std::fmt::Display) -> Error {
    Error::new(
        "gpu",
        format!("the GPU did not give its answer back: {why}"),
        "choose the cpu backend, or reload the page",
    )
}
