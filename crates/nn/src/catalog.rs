//! In what format a weight comes. A recipe asks with the shape it expects; the answer picks kernels, never the recipe.

use squint_ops::{Error, Kind};
use std::{cell::RefCell, collections::BTreeMap};

pub trait Catalog {
    /// The format of a weight, none where there is no such weight. A weight of another shape is an error.
    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error>;
    /// All that files may call it, in quotes, for messages.
    fn published(&self, name: &str) -> String {
        format!("'{name}'")
    }
}

/// The format a matrix has on a backend: the one asked for, or its own where its rows do not fill blocks of that. Loading
/// and estimating ask here alike.
pub fn packed(own: Kind, wish: Option<Kind>, cols: usize) -> Kind {
    wish.filter(|kind| cols.is_multiple_of(kind.block)).unwrap_or(own)
}

/// Whether the last part of a name is among these.
pub fn lists(ends: &[&str], name: &str) -> bool {
    ends.iter().any(|end| name == *end || name.ends_with(&format!(".{end}")))
}

/// A model without weights: its file has the format the plan says. For estimates before any download.
pub struct Planned<'a> {
    /// What the file has matrices in.
    pub matrices: Kind,
    /// What they are to be packed into; none keeps the file's.
    pub to: Option<Kind>,
    /// Weights the model does not have, by the last part of their names.
    pub absent: &'a [&'static str],
}

impl Catalog for Planned<'_> {
    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error> {
        let absent = lists(self.absent, name);
        if absent || shape.len() < 2 {
            return Ok((!absent).then_some(Kind::F32));
        }
        let cols: usize = shape[1..].iter().product();
        // A file, too, has rows that do not fill its blocks in another format: a wide one, as converters leave them.
        let file = packed(Kind::F32, Some(self.matrices), cols);
        Ok(Some(packed(file, self.to, cols)))
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
        self.of.map_or_else(|| format!("'{name}'"), |of| of.published(name))
    }
}
