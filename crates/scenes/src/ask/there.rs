//! Is there one? As often yes as no, and where no, often one of the same category is there instead.

use super::{Asked, View, one, say};
use crate::Rng;
use crate::kinds::kinds;

const WAYS: &[&str] = &["Is there {} in the picture?", "Is there {}?", "Can you see {}?", "Do you see {}?"];

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let all = 0..kinds().len();
    let absent: Vec<usize> = all.filter(|k| !view.has(*k)).collect();
    let mut out = vec![];
    for (present, _) in &view.kinds {
        let category = kinds()[*present].category;
        let alike: Vec<usize> =
            absent.iter().copied().filter(|k| !category.is_empty() && kinds()[*k].category == category).collect();
        let from = if !alike.is_empty() && rng.chance(0.5) { &alike } else { &absent };
        let no = *rng.pick(from);
        for (kind, answer) in [(*present, "yes"), (no, "no")] {
            out.push(Asked { text: say(rng, WAYS, &[&one(kinds()[kind].name)]), answer: answer.into() });
        }
    }
    out
}
