//! Of which of two kinds are there more?

use super::{Asked, View, say};
use crate::Rng;
use crate::kinds::kinds;

const WAYS: &[&str] = &["Are there more {} or more {}?", "Of which are there more: {} or {}?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let mut out = vec![];
    for (i, (a, some)) in view.kinds.iter().enumerate() {
        for (b, others) in &view.kinds[i + 1..] {
            if some.len() == others.len() {
                continue;
            }
            let more = if some.len() > others.len() { a } else { b };
            let (first, second) = if rng.chance(0.5) { (a, b) } else { (b, a) };
            let text = say(rng, WAYS, &[kinds()[*first].plural, kinds()[*second].plural]);
            out.push(Asked { text, answer: kinds()[*more].plural.into() });
        }
    }
    out
}
