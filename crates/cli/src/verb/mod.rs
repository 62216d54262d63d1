pub mod bench;
pub mod estimate;
pub mod features;
pub mod inspect;
pub mod logits;
pub mod run;
pub mod scenes;
