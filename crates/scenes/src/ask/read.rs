//! Which number is it?

use super::{Asked, View, asked, say};
use crate::Rng;

const WAYS: &[&str] = &["What number is in the picture?", "Which number do you see?", "Read the number."];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    match &view.scene.number {
        Some(number) => asked(say(rng, WAYS, &[]), number.value.to_string()),
        None => vec![],
    }
}
