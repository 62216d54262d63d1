//! In what format a weight comes. A recipe asks with the shape it expects; the answer picks kernels, never the recipe.

use squint_ops::{Error, Kind};
use std::{cell::RefCell, collections::BTreeMap};

pub trait Catalog {
    /// The format of a weight, none where there is no such weight. A weight of another shape is an error.
    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error>;
    /// What the file calls it, for messages.
    fn published(&self, name: &str) -> String {
        name.to_owned()
    }
}

/// A model without weights: every weight has the format the plan says. For estimates before any download.
pub struct Planned {
    pub matrices: Kind,
    /// Weights the model does not have, by the last part of their names.
    pub absent: &'static [&'static str],
}

impl Catalog for Planned {
    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error> {
        let absent = self.absent.iter().any(|a| name == *a || name.ends_with(&format!(".{a}")));
        // A row that does not fill its blocks stays wide, as converters leave it.
        let fits = shape.len() > 1 && shape[1..].iter().product::<usize>().is_multiple_of(self.matrices.block);
        let kind = if fits { self.matrices } else { Kind::F32 };
        Ok((!absent).then_some(kind))
    }
}

/// Notes what another catalog answers, and answers the same when that one is gone.
#[derive(Default)]
pub struct Asked<'a> {
    of: Option<&'a dyn Catalog>,
    answers: RefCell<BTreeMap<String, Option<Kind>>>,
}

impl<'a> Asked<'a> {
    pub fn of(catalog: &'a dyn Catalog) -> Asked<'a> {
        Asked { of: Some(catalog), ..Asked::default() }
    }
    pub fn alone(self) -> Asked<'static> {
        Asked { of: None, answers: self.answers }
    }
}

impl Catalog for Asked<'_> {
    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error> {
        let Some(of) = self.of else { return Ok(self.answers.borrow().get(name).copied().flatten()) };
        let kind = of.kind(name, shape)?;
        self.answers.borrow_mut().insert(name.to_owned(), kind);
        Ok(kind)
    }
    fn published(&self, name: &str) -> String {
        self.of.map_or_else(|| name.to_owned(), |of| of.published(name))
    }
}
