//! The reference backend: runs the twins, one after the other, on plain memory. Slow, and right by definition.

use crate::{
    Access, Backend, Buf, Caps, Entry, Error, Handle, Kind, Ledger, Local, PLAIN, Prepared, Recording, Step, View,
};
use std::{cell::RefCell, rc::Rc};

pub struct Reference {
    caps: Caps,
    ledger: Rc<Ledger>,
}

impl Default for Reference {
    fn default() -> Self {
        Self {
            caps: Caps { name: "reference", device: "plain Rust, one thread".into(), threads: 1, ..Caps::default() },
            ledger: Rc::default(),
        }
    }
}

/// Words, so that casts to f32 and u32 are aligned.
struct Memory {
    words: RefCell<Vec<u32>>,
    _held: Entry,
}

impl Backend for Reference {
    fn caps(&self) -> &Caps {
        &self.caps
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        let words = RefCell::new(vec![0; kind.bytes_of(len).div_ceil(4)]);
        let memory = Memory { words, _held: self.ledger.enter((PLAIN.buffer)(kind, len)) };
        Ok(Handle { kind, len, inner: Rc::new(memory) })
    }

    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let mut memory = to.downcast::<Memory>()?.words.borrow_mut();
        let all: &mut [u8] = bytemuck::cast_slice_mut(&mut memory[..]);
        match all.get_mut(at..at + bytes.len()) {
            Some(part) => part.copy_from_slice(bytes),
            None => {
                return Err(Error::bug(format!("{} bytes at {at} do not fit into {}", bytes.len(), to.bytes())));
            }
        }
        Ok(())
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move { Prepared::bind(self, rec, bound, |_| Ok(rec.steps.clone())) })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            what.admit(run)?;
            for step in what.downcast::<Vec<Step>>()? {
                run_twin(step, &step.resolve(run)?, &what.handles)?;
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        Box::pin(async move {
            let memory = from.downcast::<Memory>()?.words.borrow();
            Ok(bytemuck::cast_slice::<u32, u8>(&memory)[..from.bytes()].to_vec())
        })
    }
}

fn run_twin(step: &Step, params: &[u32], handles: &[Handle]) -> Result<(), Error> {
    let mut guards = Vec::new();
    for (slot, buf) in step.op.slots.iter().zip(&step.bufs) {
        let memory = &handles[buf.0 as usize].downcast::<Memory>()?.words;
        let busy = || Error::bug(format!("{}: '{}' is written and read in one step", step.op.stem, slot.name));
        guards.push(match slot.access {
            Access::Read => Guard::Read(memory.try_borrow().map_err(|_| busy())?),
            _ => Guard::Write(memory.try_borrow_mut().map_err(|_| busy())?),
        });
    }
    let mut views: Vec<View> = guards
        .iter_mut()
        .zip(&step.bufs)
        .map(|(guard, buf)| {
            let h = &handles[buf.0 as usize];
            match guard {
                Guard::Read(m) => View::read(h.kind, &bytemuck::cast_slice(m)[..h.bytes()]),
                Guard::Write(m) => View::write(h.kind, &mut bytemuck::cast_slice_mut(m)[..h.bytes()]),
            }
        })
        .collect();
    (step.op.twin)(params, &mut views)
}

enum Guard<'a> {
    Read(std::cell::Ref<'a, Vec<u32>>),
    Write(std::cell::RefMut<'a, Vec<u32>>),
}
