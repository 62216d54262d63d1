//! `Backend` on WebGPU: bind groups built once in `prepare`, one command buffer and one submit a run unless it is long.

use crate::{
    arena, clock,
    device::{CLOCK, Device},
    layout,
    memory::{Counted, Memory, Meter},
    pace::Pace,
    pipelines::{Pipelines, Terms},
    plan::Plan,
};
use squint_ops::{
    Backend, Buf, Caps, Error, Form, Handle, Host, Kind, Ledger, Local, OPS, On, OpSpec, Prepared, Recording, Rounding,
    Times,
};
use std::{cell::Cell, rc::Rc};

pub struct Gpu {
    pub(crate) device: Device,
    pub(crate) pipelines: Pipelines,
    pub(crate) host: Host,
    pace: Pace,
    meter: Rc<Meter>,
    /// Largest buffer of a weight.
    shard: Cell<u64>,
    /// What forms are chosen by.
    pub(crate) terms: Terms,
}

/// Longest between a wait that fails and the word of why.
const MOMENT_MS: f64 = 100.0;

impl Gpu {
    /// The device with all of its optional features that some form has a use for.
    pub async fn open(host: Host) -> Result<Gpu, Error> {
        Gpu::open_with(host, |_| true).await
    }

    /// The device with those optional features only, by name, that are wanted: tests have a device that has them.
    pub async fn open_with(host: Host, want: impl Fn(&str) -> bool) -> Result<Gpu, Error> {
        let device = Device::open(want).await?;
        let shard = device.device.limits().max_storage_buffer_binding_size;
        let terms = Terms { on: device.on, has: device.has.clone(), rounds: vec![] };
        let mut gpu = Gpu {
            pipelines: Pipelines::default(),
            pace: Pace::new(host.clone()),
            host,
            meter: Rc::default(),
            shard: Cell::new(shard),
            terms,
            device,
        };
        gpu.name_features();
        Ok(gpu)
    }

    /// Lets numbers be rounded where a form gains by it.
    pub fn rounding(mut self, how: &'static Rounding) -> Gpu {
        self.terms.rounds.push(how);
        self.name_features();
        self
    }

    /// Cuts weights made from now on into buffers of at most so many bytes: for tests, which have no weights that large.
    pub fn cut_at(&self, bytes: u64) {
        self.shard.set(bytes);
    }

    /// What kind of adapter this is, as far as forms are concerned.
    pub fn on(&self) -> On {
        self.terms.on
    }

    /// Chooses forms as on another kind of adapter: for tests, which have one kind only.
    pub fn act_as(&mut self, on: On) {
        self.terms.on = on;
        self.name_features();
    }

    /// What the forms that may serve here need and round, by name.
    pub(crate) fn name_features(&mut self) {
        let mut names: Vec<String> = vec![];
        for form in OPS.iter().flat_map(|op| self.pipelines.forms(op, &self.terms)) {
            let both = [form.needs.name(), form.rounds.map_or("", |r| r.name)];
            names.extend(both.into_iter().filter(|n| !n.is_empty()).map(str::to_owned));
        }
        names.extend(self.device.tick.map(|_| CLOCK.to_owned()));
        names.sort();
        names.dedup();
        names.extend(self.pipelines.refused().iter().map(|(stem, form)| format!("without {stem}.{form}")));
        self.device.caps.features = names;
    }

    /// Destroys the device: every call from now on fails with `device_lost`.
    pub fn lose(&self) {
        self.device.lose();
    }

    /// What came of waiting. A browser lets the wait fail first and says a moment later that the device is gone, which is
    /// the better reason, where it is one.
    async fn reason<T>(&self, came: Result<T, Error>) -> Result<T, Error> {
        let start = (self.host.now)();
        while came.is_err() && (self.host.now)() - start < MOMENT_MS {
            (self.host.pause)().await;
            self.device.check()?;
        }
        came
    }

    /// Pipelines built so far.
    pub fn pipelines(&self) -> usize {
        self.pipelines.count()
    }

    /// The forms of an op that may serve here, best first.
    pub fn forms(&self, op: &'static OpSpec) -> impl Iterator<Item = &'static Form> {
        self.pipelines.forms(op, &self.terms)
    }

    /// The name of the form that serves an op with these parameters and buffers of these formats.
    pub fn form(&self, op: &'static OpSpec, params: &[u32], kinds: &[Kind]) -> Option<&'static str> {
        self.pipelines.form(op, params, kinds, &self.terms).map(|f| f.name)
    }

    /// Temporaries of a recording that share buffers.
    fn temporaries(&self, rec: &Recording, bound: &[(Buf, Handle)]) -> Result<Vec<(Buf, Handle)>, Error> {
        let places = arena::place(rec, |buf| bound.iter().any(|(b, _)| *b == buf));
        let make = |bytes: &usize| self.create(Kind::U32, bytes.div_ceil(4));
        let slots = places.sizes.iter().map(make).collect::<Result<Vec<_>, _>>()?;
        let lend = |(buf, at): &(Buf, usize)| {
            let def = rec.def(*buf);
            (*buf, Handle { kind: def.kind, len: def.len, inner: slots[*at].inner.clone() })
        };
        Ok(places.of.iter().map(lend).collect())
    }
}

impl Backend for Gpu {
    fn device_bytes(&self) -> u64 {
        self.meter.ledger.now()
    }

    fn caps(&self) -> &Caps {
        &self.device.caps
    }

    fn ledger(&self) -> &Ledger {
        &self.meter.ledger
    }

    fn rounds(&self, op: &'static OpSpec, params: &[u32], kinds: &[Kind]) -> Option<&'static Rounding> {
        self.pipelines.form(op, params, kinds, &self.terms)?.rounds
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        self.device.check()?;
        let limit = self.device.device.limits().max_storage_buffer_binding_size;
        let memory = Memory::new(&self.device, &self.meter, kind, [1, len], limit)?;
        Ok(Handle { kind, len, inner: Rc::new(memory) })
    }

    fn matrix(&self, kind: Kind, rows: usize, cols: usize) -> Result<Handle, Error> {
        self.device.check()?;
        let memory = Memory::new(&self.device, &self.meter, kind, [rows, cols], self.shard.get())?;
        Ok(Handle { kind, len: rows * cols, inner: Rc::new(memory) })
    }

    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        self.device.check()?;
        to.downcast::<Memory>()?.write(&self.device, to, at, bytes)
    }

    fn warm<'a>(&'a self, rec: &'a Recording) -> Local<'a, ()> {
        Box::pin(Gpu::warm(self, rec))
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move {
            self.device.check()?;
            rec.check()?;
            let mut bound = bound.to_vec();
            bound.extend(self.temporaries(rec, &bound)?);
            let plan =
                |handles: &[Handle]| Plan::new(&self.device, &self.pipelines, &self.meter, &self.terms, rec, handles);
            let ready = Prepared::bind(self, rec, &bound, plan)?;
            self.device.check()?;
            Ok(ready)
        })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            self.device.check()?;
            what.admit(run)?;
            let plan: &Plan = what.downcast()?;
            let grids = plan.parameters(&self.device, run)?;
            let work: Vec<f64> = plan.dispatches.iter().map(|d| d.work).collect();
            let mut before = None;
            for range in self.pace.cut(&work) {
                let sum: f64 = work[range.clone()].iter().sum();
                let long = range.len() < work.len();
                let mut encoder = self.device.device.create_command_encoder(&Default::default());
                {
                    let mut pass = encoder.begin_compute_pass(&Default::default());
                    for (dispatch, grid) in plan.dispatches[range.clone()].iter().zip(&grids[range]) {
                        dispatch.record(&mut pass, *grid);
                    }
                }
                self.pace.submitted(sum);
                let mark = self.device.submit(encoder);
                // Of a long run, two stretches are under way at most: one computes, the next waits. Whoever drops this
                // future has to see no more than those out.
                if let Some(mark) = before.replace(mark).filter(|_| long) {
                    self.reason(self.device.wait(mark).await).await?;
                }
            }
            self.device.check()
        })
    }

    fn profile<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, Option<Times>> {
        Box::pin(async move {
            self.device.check()?;
            what.admit(run)?;
            let plan: &Plan = what.downcast()?;
            let Some(tick) = self.device.tick else { return Ok(None) };
            let grids = plan.parameters(&self.device, run)?;
            let times = clock::time(&self.device, &self.meter, plan, &grids, tick).await?;
            self.device.check()?;
            Ok(Some(times))
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        Box::pin(async move {
            self.device.check()?;
            let source = from.downcast::<Memory>()?.whole()?;
            let size = layout::size(from.kind, from.len).div_ceil(4) * 4;
            let held = Counted::new(&self.device, &self.meter, size, wgpu::BufferUsages::MAP_READ);
            let staging = &held.buffer;
            let mut encoder = self.device.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(source, 0, staging, 0, size.max(4) as u64);
            let at = self.device.queue.submit([encoder.finish()]);

            let take = |mapped: &[u8]| layout::gather(from.kind, &mapped[..layout::size(from.kind, from.len)]);
            let mut bytes = self.reason(self.device.map(staging, at, take).await).await?;
            self.pace.idle();
            bytes.truncate(from.bytes());
            Ok(bytes)
        })
    }
}
