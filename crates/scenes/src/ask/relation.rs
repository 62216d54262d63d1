//! What is left of, right of, above or below a thing? On the viewer's side, where one thing is, and no other nearly is.

use super::{Asked, View, say};
use crate::{Rng, Seen};

/// A side in words, and how far a thing is on it and off it.
type Side = (&'static str, fn(&Seen, &Seen) -> (f32, f32));

const SIDES: &[Side] = &[
    ("left of", |of, s| (of.x - s.x, (of.y - s.y).abs())),
    ("right of", |of, s| (s.x - of.x, (of.y - s.y).abs())),
    ("above", |of, s| (of.y - s.y, (of.x - s.x).abs())),
    ("below", |of, s| (s.y - of.y, (of.x - s.x).abs())),
];
const WAYS: &[&str] = &["What is {} the {}?", "Which thing is {} the {}?"];
/// A candidate is this far on the side, and twice as far as off it.
const FAR: f32 = 0.15;
/// Others are not even nearly so.
const NEARLY: f32 = 0.75;

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let mut out = vec![];
    for of in view.singles() {
        for (side, away) in SIDES {
            let stands = |i: &usize, share: f32| {
                let (on, off) = away(&view.seen[of], &view.seen[*i]);
                *i != of && on >= FAR * share && on >= 2.0 * off * share
            };
            let all = 0..view.seen.len();
            let near: Vec<usize> = all.filter(|i| stands(i, NEARLY)).collect();
            if let [only] = near[..]
                && stands(&only, 1.0)
            {
                out.push(Asked { text: say(rng, WAYS, &[side, view.name(of)]), answer: view.name(only).into() });
            }
        }
    }
    out
}
