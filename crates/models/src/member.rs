//! A model inside a checkpoint: all that is in the file, or one part of a larger model.

use crate::Naming;

/// A family, its sizes, and how its tensors are called here.
pub struct Member<F: 'static, S> {
    pub family: &'static F,
    pub sizes: S,
    /// Rows of names that come before those of the family's table.
    pub first: Naming,
    /// What names of tensors may begin with; "" where they may be as the family's table has them.
    pub outer: &'static [&'static str],
    /// Ends of names of tensors that are not missed, and beginnings, where they end in a dot: other parts of the checkpoint.
    pub ignored: Vec<&'static str>,
    /// Ends of names of weights that the configuration says are not there; every other bias has to be. None where nothing
    /// says so but the file.
    pub absent: Option<Vec<&'static str>>,
}

impl<F, S: Clone> Clone for Member<F, S> {
    fn clone(&self) -> Self {
        let Member { family, first, outer, .. } = *self;
        let (sizes, ignored, absent) = (self.sizes.clone(), self.ignored.clone(), self.absent.clone());
        Member { family, sizes, first, outer, ignored, absent }
    }
}
