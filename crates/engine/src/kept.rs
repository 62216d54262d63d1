//! Matrices that keep their format though another was asked for. What is loaded and what is estimated tell it alike.

use squint_nn::{Place, Want};
use squint_ops::Kind;
use std::fmt;

/// Of the matrices of a model, those that could not be packed as wished.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub wish: Kind,
    /// Matrices there are.
    pub all: usize,
    /// Formats that were kept, and how many matrices are in each.
    pub formats: Vec<(Kind, usize)>,
}

impl Kept {
    /// None where nothing was wished, or every matrix is as wished.
    pub fn of(wants: &[Want], wish: Option<Kind>) -> Option<Kept> {
        let mut kept = Kept { wish: wish?, all: 0, formats: vec![] };
        let matrices = wants.iter().filter(|w| w.place == Place::Model && w.cols > 0 && w.made.is_none());
        for want in matrices {
            // Those that lie upon each other are so many in the file.
            let count = want.name.split('+').count();
            kept.all += count;
            if want.kind == kept.wish {
                continue;
            }
            match kept.formats.iter_mut().find(|(kind, _)| *kind == want.kind) {
                Some((_, n)) => *n += count,
                None => kept.formats.push((want.kind, count)),
            }
        }
        (!kept.formats.is_empty()).then_some(kept)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let formats: Vec<_> = self.formats.iter().map(|(kind, n)| format!("{n} in {}", kind.name)).collect();
        let (formats, wish) = (formats.join(", "), self.wish);
        write!(f, "of {} matrices, {formats} stay as they are: their rows do not fill ", self.all)?;
        write!(f, "blocks of {} numbers, as {} has them", wish.block, wish.name)
    }
}
