//! What a device can do: every op on every backend, and the backend that would be picked.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    Wrong,
    /// Not here, because …
    Absent(String),
}

/// One op on one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeRow {
    pub op: String,
    pub backend: String,
    pub status: Status,
    /// Largest error, relative to the largest number of the twin's answer.
    pub error: f32,
    /// What is allowed.
    pub limit: f32,
    /// The case with the largest error, in words.
    pub at: String,
}

/// A backend as found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub backend: String,
    pub device: String,
    pub features: Vec<String>,
}

/// The backend `auto` stands for, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picked {
    pub backend: String,
    pub because: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Which build of the worker: `simd`, `relaxed`, `threads`; `native` outside a browser.
    pub build: String,
    pub devices: Vec<Device>,
    pub rows: Vec<ProbeRow>,
    pub picked: Picked,
    pub ms: f64,
}
