//! What is it? Of one thing alone.

use super::{Asked, View, asked, say};
use crate::Rng;

const WAYS: &[&str] = &["What is this?", "What is in the picture?", "What do you see?", "Which thing is shown?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    match view.seen.len() {
        1 if view.scene.number.is_none() => asked(say(rng, WAYS, &[]), view.name(0)),
        _ => vec![],
    }
}
