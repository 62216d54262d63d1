//! Harness of the suites: where the tree is, what is in it, and the backends that can run here.

pub mod backends;
pub mod converted;
pub mod files;
pub mod tiny;
pub mod tree;
