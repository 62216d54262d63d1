//! What a run holds at one time, as the backend lays it out. Everything that was made ready stays so until it ends.

use squint_nn::{Place, Want};
use squint_ops::{Buf, Error, Footprint, Kind, PLAIN, Recording};

static FOOTPRINTS: &[&Footprint] = &[&squint_cpu::FOOTPRINT, &squint_gpu::FOOTPRINT, &PLAIN];

/// What a backend takes, by its name. Which one `auto` will be nobody knows before it is tried: it counts as the cpu's.
pub fn footprint(backend: &str) -> Result<&'static Footprint, Error> {
    let name = if backend == "auto" { "cpu" } else { backend };
    FOOTPRINTS.iter().copied().find(|f| f.name == name).ok_or_else(|| {
        let known: Vec<_> = FOOTPRINTS.iter().map(|f| f.name).collect();
        Error::new("backend", format!("there is no backend '{name}'"), format!("use auto, {}", known.join(", ")))
    })
}

pub struct Held {
    pub on: &'static Footprint,
    pub bytes: u64,
}

impl Held {
    pub fn new(on: &'static Footprint) -> Held {
        Held { on, bytes: 0 }
    }

    /// Weights, or caches.
    pub fn wants(&mut self, wants: &[Want], place: Place) -> Result<(), Error> {
        for want in wants.iter().filter(|w| w.place == place) {
            self.bytes += match want.cols {
                0 => (self.on.buffer)(want.kind, want.rows),
                cols => (self.on.matrix)(want.kind, [want.rows, cols])?,
            };
        }
        Ok(())
    }

    pub fn buffer(&mut self, kind: Kind, len: usize) {
        self.bytes += (self.on.buffer)(kind, len);
    }

    /// A recording made ready: all that is neither a want nor in `bound`.
    pub fn ready(&mut self, rec: &Recording, wants: &[Want], bound: &[Buf]) -> Result<(), Error> {
        let all: Vec<Buf> = wants.iter().map(|w| w.buf).chain(bound.iter().copied()).collect();
        self.bytes += (self.on.ready)(rec, &all)?;
        Ok(())
    }
}
