//! Recipes: a file says which weights in which order make a model. A new one is one file and two lines in its folder's
//! `mod.rs`.

mod function;
pub mod head;
pub mod licence;
mod member;
mod names;
pub mod oracle;
mod own;
pub mod projector;
pub mod rope;
pub mod text;
pub mod vision;
pub mod vlm;

pub use licence::Licence;
pub use member::Member;
pub use names::{Named, Naming, Part};
