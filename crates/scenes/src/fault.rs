//! What went wrong and what to do.

/// A file of sprites that is not one, or an atlas too few.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub what: String,
    pub hint: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} ({})", self.what, self.hint)
    }
}

impl std::error::Error for Fault {}
