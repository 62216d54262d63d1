/// What went wrong and what to do about it. The engine turns it into the `Fault` a visitor sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} ({hint})")]
pub struct Error {
    /// Stable and short, for tests and translations: `shape`, `kind`, `truncated` …
    pub code: &'static str,
    /// The thing at fault by name, what was expected and what was found.
    pub what: String,
    /// The way on.
    pub hint: String,
}

impl Error {
    pub fn new(code: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, what: what.into(), hint: hint.into() }
    }

    /// A mistake of ours, not of the visitor: a recording that cannot be run, a table with a hole.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::new("bug", what, "this is a mistake in Squint: please report it with the link of this page")
    }
}
