//! A device can go at any moment: a driver restarts, a machine wakes up. The conversation outlives it: the backend is
//! opened again, the model comes from its checkpoint once more, and what was said is read back into new caches.

use crate::load::Model;
use crate::open::{Backends, Surroundings};
use crate::session::Session;
use squint_ops::Error;
use std::rc::Rc;

/// A device that goes this often within one answer will not stay.
const LIVES: u32 = 3;

/// The lives of a session, or of an encoder alone, during one answer.
pub struct Lives<'a> {
    around: &'a Surroundings,
    left: u32,
}

impl Lives<'_> {
    pub fn new(around: &Surroundings) -> Lives<'_> {
        Lives { around, left: LIVES }
    }

    /// `Session::prefill`, on another device if this one goes meanwhile.
    pub async fn prefill(&mut self, session: &mut Session, ids: &[u32]) -> Result<usize, Error> {
        loop {
            match session.prefill(ids).await {
                Err(e) => self.revive(session, e).await?,
                reused => return reused,
            }
        }
    }

    /// Gives a session whose device is gone another one, with the same model and empty caches.
    pub async fn revive(&mut self, session: &mut Session, error: Error) -> Result<(), Error> {
        self.reopen(error, async |around| again(around, session).await).await
    }

    /// Opens again what a lost device held. Every other error, and one too many of these, comes back.
    pub async fn reopen(
        &mut self,
        mut error: Error,
        mut open: impl AsyncFnMut(&Surroundings) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while error.code == "device_lost" && self.left > 0 {
            self.left -= 1;
            match open(self.around).await {
                Ok(()) => return Ok(()),
                Err(e) => error = e,
            }
        }
        Err(error)
    }
}

async fn again(around: &Surroundings, session: &mut Session) -> Result<(), Error> {
    let (old, cache) = (session.model.clone(), session.cache());
    let (backend, _) = Backends::named(around, old.backend.caps().name).await?;
    let (host, checkpoint) = (old.host.clone(), old.checkpoint.clone());
    let model = Model::load_warm(backend, host, checkpoint, old.quant, Some(cache), &mut |_, _| ()).await?;
    *session = session.elsewhere(Rc::new(model))?;
    Ok(())
}
