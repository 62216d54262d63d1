//! `Backend` on the CPU: runs each step's kernel, or its twin where there is none.

use crate::kernel::{KERNELS, Kernel, Machine};
use crate::memory::{Memory, views};
use crate::{Isa, Pool};
use squint_ops::{Backend, Buf, Caps, Error, Handle, Host, Kind, Local, Prepared, Recording, Step};
use std::rc::Rc;

/// Longest stretch without letting messages in, milliseconds.
const STRETCH: f64 = 30.0;

pub struct Cpu {
    caps: Caps,
    machine: Machine,
    host: Host,
}

impl Cpu {
    pub fn new(host: Host, isa: Isa, threads: usize) -> Cpu {
        let machine = Machine { isa, pool: Pool::new(threads) };
        let threads = machine.pool.threads();
        let plural = if threads == 1 { "thread" } else { "threads" };
        let caps =
            Caps { name: "cpu", device: format!("{}, {threads} {plural}", isa.name()), threads, features: vec![] };
        Cpu { caps, machine, host }
    }
}

impl Cpu {
    /// How often work was shared out to more than one thread.
    pub fn splits(&self) -> usize {
        self.machine.pool.splits()
    }

    /// One step, start to end without a pause: nobody else touches a buffer meanwhile.
    fn step(&self, step: &Step, kernel: Option<&Kernel>, params: &[u32], what: &Prepared) -> Result<(), Error> {
        let handles: Vec<&Handle> = step.bufs.iter().map(|b| what.handle(*b)).collect();
        // SAFETY: views live in this function only; `read` and `write` hold theirs as briefly, on the same thread.
        let mut views = unsafe { views(step.op.slots, &handles) }?;
        match kernel {
            Some(k) => (k.run)(&self.machine, params, &mut views),
            None => (step.op.twin)(params, &mut views),
        }
    }
}

struct Plan(Vec<(Step, Option<&'static Kernel>)>);

impl Backend for Cpu {
    fn caps(&self) -> &Caps {
        &self.caps
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        Ok(Handle { kind, len, inner: Rc::new(Memory::new(kind.bytes_of(len))) })
    }

    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let memory = to.downcast::<Memory>()?;
        // SAFETY: no step runs during this call, and the slice does not leave it.
        match unsafe { memory.bytes_mut() }.get_mut(at..at + bytes.len()) {
            Some(part) => part.copy_from_slice(bytes),
            None => {
                return Err(Error::bug(format!("{} bytes at {at} do not fit into {}", bytes.len(), to.bytes())));
            }
        }
        Ok(())
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move {
            let kernel = |s: &Step| KERNELS.iter().find(|k| k.stem == s.op.stem);
            Prepared::bind(self, rec, bound, |_| Ok(Plan(rec.steps.iter().map(|s| (s.clone(), kernel(s))).collect())))
        })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            what.admit(run)?;
            let mut since = (self.host.now)();
            for (step, kernel) in &what.downcast::<Plan>()?.0 {
                let params = step.resolve(run)?;
                self.step(step, *kernel, &params, what)?;
                if (self.host.now)() - since > STRETCH {
                    (self.host.pause)().await;
                    since = (self.host.now)();
                }
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        // SAFETY: no step runs during this call, and the slice is copied at once.
        Box::pin(async move { Ok(unsafe { from.downcast::<Memory>()?.bytes() }.to_vec()) })
    }
}
