//! Which is the biggest? Where one clearly is, by what is seen of it and by its longer edge.

use super::{Asked, View, asked, say};
use crate::Rng;

const WAYS: &[&str] = &["What is the biggest thing?", "Which thing is the biggest?", "What is the largest thing?"];
/// So many times the next.
const CLEARLY: f32 = 1.4;

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let edge = |i: usize| view.seen[i].area.sqrt();
    let size = |i: usize| view.scene.things[i].size;
    let all = 0..view.seen.len();
    let Some(first) = all.clone().max_by(|&a, &b| edge(a).total_cmp(&edge(b))) else { return vec![] };
    let clearly = |i: usize| edge(first) >= CLEARLY * edge(i) && size(first) >= CLEARLY * size(i);
    match all.len() > 1 && all.filter(|i| *i != first).all(clearly) {
        true => asked(say(rng, WAYS, &[]), view.name(first)),
        false => vec![],
    }
}
