//! What is at a place? Where one thing is clearly there, and no other near.

use super::{Asked, View, say};
use crate::Rng;
use crate::place::{Place, at};

const CORNERS: &[&str] = &["What is at the {}?", "What is in the {}?", "Which thing is at the {}?"];
const SIDES: &[&str] = &["What is at the {}?", "Which thing is at the {}?"];
/// Another thing's middle is this far from the cell.
const AWAY: f32 = 0.05;

pub fn ask(view: &View, rng: &mut Rng) -> Vec<Asked> {
    let clear = |i: usize, place: &Place| {
        let near = |cell: usize, n: f32| n > cell as f32 / 3.0 - AWAY && n < (cell + 1) as f32 / 3.0 + AWAY;
        let other = |(j, s): (usize, &crate::Seen)| j != i && near(place.cell.0, s.x) && near(place.cell.1, s.y);
        !view.seen.iter().enumerate().any(other)
    };
    let mut out = vec![];
    for (i, s) in view.seen.iter().enumerate() {
        let Some(place) = at(s.x, s.y).filter(|p| clear(i, p)) else { continue };
        let ways = if place.cell.0 != 1 && place.cell.1 != 1 { CORNERS } else { SIDES };
        out.push(Asked { text: say(rng, ways, &[place.name]), answer: view.name(i).into() });
    }
    out
}
