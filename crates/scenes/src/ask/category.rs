//! How many of a category? Of several kinds, or it would be a question about one.

use super::{Asked, View, say};
use crate::Rng;
use crate::kinds::{CATEGORIES, kinds};

const WAYS: &[&str] = &["How many {} are there?", "How many {} do you see?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let mut out = vec![];
    for (category, plural) in CATEGORIES {
        let of: Vec<_> = view.kinds.iter().filter(|(kind, _)| kinds()[*kind].category == *category).collect();
        if of.len() > 1 {
            let count: usize = of.iter().map(|(_, things)| things.len()).sum();
            out.push(Asked { text: say(rng, WAYS, &[plural]), answer: count.to_string() });
        }
    }
    out
}
