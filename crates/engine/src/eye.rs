//! What looks at pictures, on whichever device the conversation is.

use crate::answer::Measured;
use crate::artefacts::Key;
use crate::estimate::Stage;
use crate::load::Model;
use crate::picture::Showing;
use crate::sight::{Seen, Sight};
use crate::weights::Progress;
use squint_ops::{Error, Kind};
use std::rc::Rc;

#[derive(Default)]
pub struct Eye {
    pub sight: Option<Sight>,
    /// What the encoder's and the projector's matrices are converted to.
    pub quant: [Option<Kind>; 2],
    pub showing: Showing,
    /// What was seen last: the same pictures again are not even decoded.
    pub last: Option<(Vec<Key>, Rc<Seen>)>,
}

impl Eye {
    /// Loads what looks at pictures, unless it is on the model's device already.
    pub async fn open(&mut self, model: &Model, progress: Progress<'_>) -> Result<(), Error> {
        let there = |sight: &Sight| Rc::ptr_eq(&sight.encoder.backend, &model.backend);
        if !self.sight.as_ref().is_some_and(there) {
            // What a lost device held is given back first.
            self.sight = None;
            let (on, host) = (model.backend.clone(), model.host.clone());
            self.sight = Some(Sight::load(on, host, (&model.checkpoint, self.showing), self.quant, progress).await?);
        }
        Ok(())
    }

    /// What was seen last, if these are the same pictures: no stage of it runs.
    pub fn again(&self, keys: &[Key]) -> Option<(Rc<Seen>, Vec<Measured>)> {
        let (_, seen) = self.last.as_ref().filter(|(last, _)| last == keys)?;
        let spared = |s: &Measured| {
            let Stage { name, tokens_in, tokens_out, .. } = s.stage;
            Measured { stage: Stage { name, tokens_in, tokens_out, ..Stage::default() }, ms: 0.0, reused: true }
        };
        Some((seen.clone(), seen.stages.iter().map(spared).collect()))
    }
}
