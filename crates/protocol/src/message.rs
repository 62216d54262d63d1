//! What crosses between page and worker. Every message carries a run number; those of other runs are dropped.

use crate::{Fault, ProbeReport, ProbeRow};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub run: u32,
    pub ask: Ask,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Try every op on every backend against its twin.
    Probe,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub run: u32,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// One op on one backend has been tried.
    Probed(ProbeRow),
    /// All have; the last event of a probe.
    ProbeDone(ProbeReport),
    Fault(Fault),
    /// A worker that was thought lost has answered.
    Back,
}
