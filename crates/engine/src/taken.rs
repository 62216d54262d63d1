//! A stage while it runs: what it takes, and whether anything of it ran at all.

use crate::answer::Measured;
use crate::estimate::Stage;
use squint_ops::Bill;

pub struct Taken {
    pub stage: Stage,
    ms: f64,
}

impl Taken {
    pub fn new(name: &'static str, [tokens_in, tokens_out]: [usize; 2]) -> Taken {
        Taken { stage: Stage { name, tokens_in, tokens_out, ..Stage::default() }, ms: 0.0 }
    }

    /// No bill, nothing ran: what was to be made was there already.
    pub fn ran(&mut self, ms: f64, bill: Option<Bill>) {
        self.ms += ms;
        if let Some(bill) = bill {
            self.stage.add(&bill);
        }
    }

    pub fn done(self) -> Measured {
        // Whoever prepares a picture has it done.
        let reused = self.stage.name != "preprocess" && self.stage.dispatches == 0;
        Measured { stage: self.stage, ms: self.ms, reused }
    }
}
