//! What a backend holds: bytes of its buffers now, and the most there were at one time.

use std::{cell::Cell, rc::Rc};

#[derive(Default)]
pub struct Ledger {
    now: Cell<u64>,
    most: Cell<u64>,
}

/// A buffer's line; struck out when the buffer is dropped.
pub struct Entry {
    ledger: Rc<Ledger>,
    bytes: u64,
}

impl Ledger {
    pub fn enter(self: &Rc<Ledger>, bytes: u64) -> Entry {
        self.now.set(self.now.get() + bytes);
        self.most.set(self.most.get().max(self.now.get()));
        Entry { ledger: self.clone(), bytes }
    }

    pub fn now(&self) -> u64 {
        self.now.get()
    }
    pub fn most(&self) -> u64 {
        self.most.get()
    }

    /// Forgets what was held before: a backend is tried before a model comes to it.
    pub fn restart(&self) {
        self.most.set(self.now.get());
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ledger.now.set(self.ledger.now.get() - self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_remembered_until_it_is_asked_to_forget() {
        let ledger = Rc::<Ledger>::default();
        let first = ledger.enter(10);
        drop(ledger.enter(5));
        assert_eq!((ledger.now(), ledger.most()), (10, 15));
        ledger.restart();
        assert_eq!(ledger.most(), 10);
        drop(first);
        assert_eq!((ledger.now(), ledger.most()), (0, 10));
    }
}
