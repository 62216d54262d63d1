//! Which colour is the ground?

use super::{Asked, View, asked, say};
use crate::Rng;
use crate::colour::COLOURS;

const WAYS: &[&str] = &["What color is the background?", "Which color is the ground?", "What is the background color?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    match view.scene.ground.named() {
        true => asked(say(rng, WAYS, &[]), COLOURS[view.scene.ground.colour].name),
        false => vec![],
    }
}
