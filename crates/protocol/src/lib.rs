//! The words that the page and the worker share. Data only: no behaviour beyond parsing and printing.

mod about;
mod bytes;
mod card;
mod config;
mod fault;
mod message;
mod probe;
mod switch;

pub use about::{About, CostRow, Estimate, Estimated, ModelCard, Published, Terms};
pub use card::{Card, Param};
pub use config::{BACKENDS, RunConfig};
pub use fault::Fault;
pub use message::{
    Ask, Done, Encode, Encoded, Event, Generate, Load, Loaded, Loading, MeterRow, News, Request, StageRow, Token, Turn,
};
pub use probe::{Device, Picked, ProbeReport, ProbeRow, Status};
pub use switch::{Pair, Switch};
