//! All that is there, each kind once.

use super::{Asked, View, asked, listed, one, say};
use crate::Rng;
use crate::kinds::kinds;

const WAYS: &[&str] = &["List everything.", "List all things in the picture.", "Which things are there?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    if view.kinds.len() < 2 {
        return vec![];
    }
    let names: Vec<String> = view.kinds.iter().map(|(kind, _)| one(kinds()[*kind].name)).collect();
    asked(say(rng, WAYS, &[]), listed(&names))
}
