//! Which scenes are for what. A scene's seed is made of its split's name, the run's seed and its number: splits draw from
//! seeds of their own.

use crate::ask::{Question, questions};
use crate::compose::compose;
use crate::hash::hash;
use crate::kinds::kind;
use crate::rng::mix;
use crate::styles::Role;
use crate::table::rows;
use crate::{Atlas, Rng, Scene};
use std::sync::OnceLock;

#[derive(Debug)]
pub struct Split {
    pub name: &'static str,
    /// Whose drawings.
    pub role: Role,
    /// Fewest and most things, where there are several.
    pub things: (usize, usize),
    /// Of their sizes.
    pub scale: f32,
    /// Whether pairs meet that nowhere else do.
    pub combos: bool,
}

const fn split(name: &'static str) -> Split {
    Split { name, role: Role::Train, things: (0, 9), scale: 1.0, combos: false }
}

pub const SPLITS: &[Split] = &[
    split("train"),
    split("dev"),
    split("test"),
    Split { role: Role::Held, ..split("test-style") },
    Split { combos: true, things: (2, 6), ..split("test-combo") },
    Split { scale: 0.6, ..split("test-small") },
    Split { things: (7, 9), ..split("test-crowded") },
];

/// A scene and what can fairly be asked of it.
#[derive(Debug)]
pub struct Example {
    pub scene: Scene,
    pub questions: Vec<Question>,
}

impl Split {
    pub fn named(name: &str) -> Option<&'static Split> {
        SPLITS.iter().find(|s| s.name == name)
    }
}

/// Number `index` of a split.
pub fn example(split: &Split, seed: u64, index: u64, atlases: &[Atlas]) -> Example {
    let mut rng = Rng::new(hash(split.name.as_bytes()) ^ mix(seed ^ mix(index)));
    let scene = compose(&mut rng, split, atlases);
    let questions = questions(&scene, atlases, &mut rng);
    Example { scene, questions }
}

/// Pairs of kinds that meet in `test-combo` only: `combos.tsv`.
pub fn combos() -> &'static [[usize; 2]] {
    static COMBOS: OnceLock<Vec<[usize; 2]>> = OnceLock::new();
    COMBOS.get_or_init(|| {
        let pairs = rows(include_str!("../combos.tsv"), ["one", "other"]).into_iter();
        pairs.filter_map(|[one, other]| Some([kind(one)?, kind(other)?])).collect()
    })
}

pub fn kept_apart(a: usize, b: usize) -> bool {
    combos().iter().any(|pair| *pair == [a, b] || *pair == [b, a])
}
