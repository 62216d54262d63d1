//! A text that grows so long that other tables turn it: all of it is read anew, as `transformers` does for Phi-3, where the
//! model says so. Keys of both tables in one cache would be an answer of neither.

use super::Session;
use squint_ops::Error;

impl Session {
    /// Reads everything anew where the next token makes it so long; see `Turns::border`.
    pub(super) async fn again(&mut self) -> Result<(), Error> {
        let here = self.model.sizes.turns.border() == Some(self.ids.len()) && self.ids.len() < self.room;
        if let Some(id) = self.owed.filter(|_| here) {
            let all = [&self.ids[..], &[id]].concat();
            self.prefill(&all).await?;
        }
        Ok(())
    }

    /// Ids that can be drawn before that.
    pub(super) fn before_border(&self) -> usize {
        let border = self.model.sizes.turns.border();
        let left = border.and_then(|border| border.checked_sub(self.ids.len()));
        left.map_or(usize::MAX, |left| left + self.owed.is_none() as usize)
    }
}
