//! How many of a kind? One is asked for seldom: most things are alone, and the answer would be guessed.

use super::{Asked, View, say};
use crate::Rng;
use crate::kinds::kinds;

/// How often of a thing that is alone.
const ALONE: f32 = 0.12;
const WAYS: &[&str] = &["How many {} are there?", "How many {} do you see?", "Count the {}."];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let mut out = vec![];
    for (kind, things) in &view.kinds {
        if things.len() > 1 || rng.chance(ALONE) {
            out.push(Asked { text: say(rng, WAYS, &[kinds()[*kind].plural]), answer: things.len().to_string() });
        }
    }
    out
}
