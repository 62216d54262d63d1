//! The null backend: runs nothing and writes the bill. This is the cost preview before any download.

use crate::{Backend, Buf, Caps, Cost, Error, Handle, Kind, Ledger, Local, Prepared, Recording, Role};
use std::{cell::Cell, rc::Rc};

/// What a recording costs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Bill {
    pub dispatches: u64,
    pub flops: u64,
    /// Bytes touched, every slot of every step once, as far as the step touches it.
    pub bytes: u64,
    /// Weights, state and inputs, resident throughout.
    pub resident_bytes: u64,
    /// Resident plus the largest sum of temporaries alive at one time.
    pub peak_bytes: u64,
}

impl Bill {
    /// This and then another: what is resident is not paid twice.
    pub fn and(self, next: Bill) -> Bill {
        Bill {
            dispatches: self.dispatches + next.dispatches,
            flops: self.flops + next.flops,
            bytes: self.bytes + next.bytes,
            resident_bytes: self.resident_bytes.max(next.resident_bytes),
            peak_bytes: self.peak_bytes.max(next.peak_bytes),
        }
    }
}

pub struct Null {
    caps: Caps,
    total: Cell<Bill>,
    /// Stays empty.
    ledger: Ledger,
}

impl Default for Null {
    fn default() -> Self {
        let caps = Caps { name: "null", device: "nothing runs, everything is counted".into(), ..Caps::default() };
        Self { caps, total: Cell::default(), ledger: Ledger::default() }
    }
}

impl Null {
    /// The bill of one recording, without any buffer.
    pub fn bill(rec: &Recording, run: &[u32]) -> Result<Bill, Error> {
        let mut bill = Bill::default();
        for step in &rec.steps {
            let Cost { flops, bytes } = step.op.cost(&step.resolve(run)?, &rec.kinds(step))?;
            bill.dispatches += 1;
            bill.flops += flops;
            bill.bytes += bytes;
        }
        let size = |i: usize| rec.bufs[i].kind.bytes_of(rec.bufs[i].len) as u64;
        let lives_inside = |i: usize| rec.bufs[i].role == Role::Temp;
        bill.resident_bytes = (0..rec.bufs.len()).filter(|i| !lives_inside(*i)).map(size).sum();

        // A temporary lives from the first step that names it to the last.
        let mut last_use = vec![0; rec.bufs.len()];
        for (at, step) in rec.steps.iter().enumerate() {
            step.bufs.iter().for_each(|b| last_use[b.0 as usize] = at);
        }
        let mut ends = vec![0u64; rec.steps.len()];
        let mut alive = 0;
        let mut most = 0;
        let mut seen = vec![false; rec.bufs.len()];
        for (at, step) in rec.steps.iter().enumerate() {
            for i in step.bufs.iter().map(|b| b.0 as usize).filter(|i| lives_inside(*i)) {
                if !std::mem::replace(&mut seen[i], true) {
                    alive += size(i);
                    ends[last_use[i]] += size(i);
                }
            }
            most = most.max(alive);
            alive -= ends[at];
        }
        bill.peak_bytes = bill.resident_bytes + most;
        Ok(bill)
    }

    /// Sum over every run since the start; peaks are maxima.
    pub fn total(&self) -> Bill {
        self.total.get()
    }
}

impl Backend for Null {
    fn caps(&self) -> &Caps {
        &self.caps
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error> {
        Ok(Handle { kind, len, inner: Rc::new(()) })
    }

    fn write(&self, _to: &Handle, _at: usize, _bytes: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared> {
        Box::pin(async move {
            // Costs of a run follow from its values, so the recording itself is what is kept.
            Prepared::bind(self, rec, bound, |_| Ok(rec.clone()))
        })
    }

    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()> {
        Box::pin(async move {
            what.admit(run)?;
            let one = Null::bill(what.downcast::<Recording>()?, run)?;
            self.total.set(self.total.get().and(one));
            Ok(())
        })
    }

    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>> {
        Box::pin(async move { Ok(vec![0; from.bytes()]) })
    }
}
