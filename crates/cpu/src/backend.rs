//! `Backend` on the CPU: runs each step's kernel, or its twin where there is none, in parts that let messages in.

use crate::Isa;
use crate::cut::{CUTS, Cut};
use crate::joined::{self, join};
use crate::kernel::{KERNELS, Kernel, Machine, Part, ROUNDING, STRETCH};
use crate::memory::{Memory, lines, views};
use crate::panels::Panels;
use squint_ops::{
    Backend, Buf, Caps, Error, Footprint, Handle, Host, INT8, INT16, Kind, Ledger, Local, OpSpec, Prepared, Recording,
    Rounding, Step, Times,
};
use std::{cell::Cell, rc::Rc};

pub struct Cpu {
    caps: Caps,
    machine: Machine,
    host: Host,
    /// When messages were let in last: a run of a few milliseconds among thousands has to do so too.
    paused: Cell<f64>,
    ledger: Rc<Ledger>,
}

/// Matrices lie in panels; products and what follows them share a buffer.
pub static FOOTPRINT: Footprint = Footprint {
    name: "cpu",
    buffer: |kind, len| lines(kind.bytes_of(len)),
    matrix: |kind, [rows, cols]| Ok(lines(Panels::new(kind, rows, cols)?.bytes())),
    ready: |rec, bound| FOOTPRINT.unbound(&join(rec).0, bound),
};

impl Cpu {
    /// Activations that meet integer weights are rounded to 8 bits; see `exact`.
    pub fn new(host: Host, isa: Isa, threads: usize) -> Cpu {
        let machine = Machine::new(isa, threads);
        let threads = machine.pool.threads();
        let plural = if threads == 1 { "thread" } else { "threads" };
        let device = format!("{}, {threads} {plural}", isa.name());
        let caps = Caps { name: "cpu", device, threads, features: vec![INT8.name.into()], ..Caps::default() };
        let paused = Cell::new((host.now)());
        Cpu { caps, machine, host, paused, ledger: Rc::default() }
    }

    /// The same with activations in f32 throughout: slower, and as close to the twins as f32 is.
    pub fn exact(mut self) -> Cpu {
        self.machine.exact = true;
        self.caps.features.retain(|f| f != INT8.name);
        self
    }

    /// The same with even the smallest work cut and handed out, where it can be: for tests, whose cases are small.
    pub fn eager(mut self) -> Cpu {
        self.machine.eager = true;
        self
    }
}

impl Cpu {
    /// How often work was shared out to more than one thread.
    pub fn splits(&self) -> usize {
        self.machine.pool.splits()
    }

    /// One step or a part of it, start to end without a pause: nobody else touches a buffer meanwhile.
    fn step(
        &self,
        Planned { step, how, .. }: &Planned,
        params: &[u32],
        what: &Prepared,
        part: Part,
    ) -> Result<(), Error> {
        let handles: Vec<&Handle> = step.bufs.iter().map(|b| what.handle(*b)).collect();
        // SAFETY: views live in this function only; `read` and `write` hold theirs as briefly, on the same thread.
        let mut views = unsafe { views(step.op.slots, &handles) }?;
        match how {
            How::Kernel(k) => (k.run)(&self.machine, params, &mut views, part),
            How::Cut(cut) => cut.run(&self.machine, step.op, params, &mut views, part),
            How::Whole => (step.op.twin)(params, &mut views),
        }
    }

    /// Into how many parts a step falls.
    fn parts(&self, planned: &Planned, params: &[u32]) -> Result<usize, Error> {
        match planned.how {
            How::Kernel(k) => Ok((k.parts)(&self.machine, params)),
            How::Cut(cut) => cut.parts(&self.machine, planned.step.op, params),
            How::Whole => Ok(1),
        }
    }
}

struct Plan(Vec<Planned>);

struct Planned {
    step: Step,
    how: How,
    /// How many of the recording's steps this one stands for.
    steps: usize,
}

#[derive(Clone, Copy)]
enum How {
    Kernel(&'static Kernel),
    Cut(&'static Cut),
    Whole,
}

impl How {
    fn of(stem: &str) -> How {
        let kernel = KERNELS.iter().chain([&joined::KERNEL]).find(|k| k.stem == stem).map(How::Kernel);
        kernel.or_else(|| CUTS.iter().find(|c| c.stem == stem).map(How::Cut)).unwrap_or(How::Whole)
    }
}

impl Backend for Cpu {
    fn caps(&self) -> &Caps {
        &self.caps
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn rounds(&self, op: &'static OpSpec, _params: &[u32], kinds: &[Kind]) -> Option<&'static Rounding> {
        let codes = op.variant(kinds).and_then(|kind| kind.codes);
        let codes = codes.filter(|_| !self.machine.exact && ROUNDING.contains(&op.stem))?;
        Some(if codes.bits == 8 { &INT16 } else { &INT8 })
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        Ok(Handle { kind, len, inner: Rc::new(Memory::new(kind.bytes_of(len), &self.ledger)) })
    }

    fn matrix(&self, kind: Kind, rows: usize, cols: usize) -> Result<Handle, Error> {
        let panels = Panels::new(kind, rows, cols)?;
        Ok(Handle { kind, len: rows * cols, inner: Rc::new(Memory::matrix(panels, &self.ledger)) })
    }

    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let memory = to.downcast::<Memory>()?;
        // SAFETY: no step runs during this call, and the slice does not leave it.
        let all = unsafe { memory.bytes_mut() };
        if let Some(panels) = &memory.panels {
            return panels.write(all, at, bytes);
        }
        match all.get_mut(at..at + bytes.len()) {
            Some(part) => part.copy_from_slice(bytes),
            None => {
                return Err(Error::bug(format!("{} bytes at {at} do not fit into {}", bytes.len(), to.bytes())));
            }
        }
        Ok(())
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move {
            let (rec, counts) = join(rec);
            let plan =
                |(step, steps): (&Step, usize)| Planned { step: step.clone(), how: How::of(step.op.stem), steps };
            Prepared::bind(self, &rec, bound, |_| Ok(Plan(rec.steps.iter().zip(counts).map(plan).collect())))
        })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            what.admit(run)?;
            for planned in &what.downcast::<Plan>()?.0 {
                let params = planned.step.resolve(run)?;
                let of = self.parts(planned, &params)?;
                for i in 0..of {
                    self.step(planned, &params, what, Part { i, of })?;
                    if (self.host.now)() - self.paused.get() > STRETCH {
                        (self.host.pause)().await;
                        self.paused.set((self.host.now)());
                    }
                }
            }
            Ok(())
        })
    }

    fn profile<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, Option<Times>> {
        Box::pin(async move {
            what.admit(run)?;
            let mut ms = vec![];
            for planned in &what.downcast::<Plan>()?.0 {
                let params = planned.step.resolve(run)?;
                let of = self.parts(planned, &params)?;
                let mut sum = 0.0;
                for i in 0..of {
                    let start = (self.host.now)();
                    self.step(planned, &params, what, Part { i, of })?;
                    sum += (self.host.now)() - start;
                    // Time given to others is not the step's.
                    (self.host.pause)().await;
                }
                // Of joined steps the first has the time.
                ms.push(sum);
                ms.resize(ms.len() + planned.steps - 1, 0.0);
            }
            Ok(Some(Times { ms, resolution: self.host.resolution(), clock: "the clock around each step" }))
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        Box::pin(async move {
            let memory = from.downcast::<Memory>()?;
            if memory.panels.is_some() {
                return Err(Error::bug("a weight's matrix was read back"));
            }
            // SAFETY: no step runs during this call, and the slice is copied at once.
            Ok(unsafe { memory.bytes() }.to_vec())
        })
    }
}
