//! The one model that is loaded, and whose turn it is.

use crate::runs::Runs;
use squint_engine::{Error, Gaze, Surroundings, Talk};
use squint_weights::Kind;
use std::cell::{Cell, RefCell};

pub struct Worker {
    pub around: Surroundings,
    pub runs: Runs,
    /// The model that answers; away while it does.
    seat: RefCell<Option<Seat>>,
    /// How often a model was asked for: an answer that outlives its model does not bring it back.
    loads: Cell<u32>,
    /// By its number, the model that is away from its seat.
    away: Cell<Option<u32>>,
}

/// What activations are rounded to, for a backend that has to be opened again.
pub type Activations = Option<Kind>;

pub enum Seat {
    Talk(Box<Talk>, Activations),
    Vision(Box<Gaze>, Activations),
}

impl Worker {
    pub fn new(around: Surroundings) -> Worker {
        Worker { around, runs: Runs::default(), seat: RefCell::default(), loads: Cell::new(0), away: Cell::new(None) }
    }

    /// Where models run that round their activations so.
    pub fn around(&self, activations: Activations) -> Surroundings {
        Surroundings { host: self.around.host.clone(), activations, ..self.around }
    }

    /// The seat for a model that is to come, by its number. The old one goes first: two seldom fit.
    pub fn clear(&self) -> u32 {
        self.seat.take();
        self.loads.set(self.loads.get() + 1);
        self.loads.get()
    }

    /// Of two loads at once the later one stays, whichever is done first.
    pub fn seat(&self, load: u32, seat: Seat) {
        if self.loads.get() == load {
            self.seat.replace(Some(seat));
        }
    }

    /// The model that is loaded, for one answer.
    pub fn take(&self) -> Result<Taken<'_>, Error> {
        let load = self.loads.get();
        match self.seat.take() {
            None if self.away.get() == Some(load) => {
                Err(Error::new("busy", "the model is at another answer", "wait for that one, or stop it"))
            }
            None => Err(Error::new("model", "no model is ready", "load one first, or wait for the one on its way")),
            seat => {
                self.away.set(Some(load));
                Ok(Taken { worker: self, load, seat })
            }
        }
    }
}

/// A seat taken for one answer; it goes back even when the answer is cut off.
pub struct Taken<'a> {
    worker: &'a Worker,
    load: u32,
    pub seat: Option<Seat>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.worker.away.get() == Some(self.load) {
            self.worker.away.set(None);
        }
        if let Some(seat) = self.seat.take() {
            self.worker.seat(self.load, seat);
        }
    }
}
