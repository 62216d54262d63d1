//! Where is it? Of a thing that is the only one of its kind.

use super::{Asked, View, say};
use crate::Rng;
use crate::place::at;

const WAYS: &[&str] = &["Where is the {}?", "Where in the picture is the {}?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let mut out = vec![];
    for i in view.singles() {
        if let Some(place) = at(view.seen[i].x, view.seen[i].y) {
            out.push(Asked { text: say(rng, WAYS, &[view.name(i)]), answer: place.name.into() });
        }
    }
    out
}
