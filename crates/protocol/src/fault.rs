use serde::{Deserialize, Serialize};

/// Something went wrong, told so that a visitor can go on: what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable and short: `no_gpu`, `shape`, `worker_lost` …
    pub code: String,
    /// Which file, which tensor, what was expected and what was found.
    pub what: String,
    pub hint: String,
}

impl Fault {
    pub fn new(code: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault { code: code.into(), what: what.into(), hint: hint.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}: {} — {}", self.code, self.what, self.hint)
    }
}
impl std::error::Error for Fault {}
