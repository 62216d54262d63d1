//! The twins against candle: somebody else's reading of the same words. A twin that is wrong would make every backend
//! wrong alike, and no comparison between them would show it. What candle lacks is computed here once more, plainly.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

mod bench;
mod cells;
mod choices;
mod dense;
mod draws;
mod grids;
mod rows;
mod scans;
