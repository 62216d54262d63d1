//! A sentence about all of it.

use super::{Asked, View, asked, listed, say, some};
use crate::Rng;
use crate::colour::COLOURS;

const WAYS: &[&str] = &["Describe the picture.", "What does the picture show?", "Tell me about the picture."];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let ground = &view.scene.ground;
    let on = if ground.named() { format!(" on a {} background", COLOURS[ground.colour].name) } else { String::new() };
    let mut parts: Vec<String> = view.kinds.iter().map(|(kind, things)| some(things.len(), *kind)).collect();
    parts.extend(view.scene.number.as_ref().map(|n| format!("the number {}", n.value)));
    if parts.is_empty() {
        return vec![];
    }
    asked(say(rng, WAYS, &[]), format!("The picture shows {}{on}.", listed(&parts)))
}
