//! Questions whose answers are known. A question is asked only when its answer is unique with margin on what can be seen.

mod biggest;
mod category;
mod count;
mod describe;
mod ground;
mod list;
mod more;
mod place;
mod read;
mod relation;
mod there;
mod what;
mod what_at;

use crate::compose::SHOWN;
use crate::kinds::kinds;
use crate::seen::{Seen, see};
use crate::{Atlas, Rng, Scene};

/// A kind of question.
#[derive(Debug)]
pub struct Family {
    pub name: &'static str,
    /// Whether it counts in the total of right answers: others are scored by shares, or too easy to guess.
    pub headline: bool,
    /// All that can fairly be asked of a scene.
    ask: fn(&View, &mut Rng) -> Vec<Asked>,
}

pub const FAMILIES: &[Family] = &[
    Family { name: "what", headline: true, ask: what::ask },
    Family { name: "what_at", headline: true, ask: what_at::ask },
    Family { name: "is_there", headline: true, ask: there::ask },
    Family { name: "how_many", headline: true, ask: count::ask },
    Family { name: "where", headline: true, ask: place::ask },
    Family { name: "relation", headline: true, ask: relation::ask },
    Family { name: "more", headline: true, ask: more::ask },
    Family { name: "biggest", headline: true, ask: biggest::ask },
    Family { name: "category", headline: true, ask: category::ask },
    Family { name: "read", headline: true, ask: read::ask },
    Family { name: "ground", headline: false, ask: ground::ask },
    Family { name: "list", headline: false, ask: list::ask },
    Family { name: "describe", headline: false, ask: describe::ask },
];

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub family: &'static str,
    pub text: String,
    pub answer: String,
}

/// A question without its family's name.
pub struct Asked {
    pub text: String,
    pub answer: String,
}

/// A scene as questions look at it.
pub struct View<'a> {
    pub scene: &'a Scene,
    pub seen: Vec<Seen>,
    /// Kinds that are there, in the order in which one reads, and which things are of each.
    pub kinds: Vec<(usize, Vec<usize>)>,
}

/// All that can fairly be asked; nothing where something hides too much of another thing.
pub fn questions(scene: &Scene, atlases: &[Atlas], rng: &mut Rng) -> Vec<Question> {
    let seen = see(scene, atlases);
    if seen.iter().any(|s| s.share < SHOWN) {
        return vec![];
    }
    let view = View { kinds: reading(scene, &seen), scene, seen };
    let of = |family: &'static Family, rng: &mut Rng| {
        let asked = (family.ask)(&view, rng);
        asked.into_iter().map(|Asked { text, answer }| Question { family: family.name, text, answer })
    };
    FAMILIES.iter().flat_map(|family| of(family, rng).collect::<Vec<_>>()).collect()
}

/// Kinds by their first thing: from the top to the bottom in three rows, and from the left to the right in each.
fn reading(scene: &Scene, seen: &[Seen]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<usize> = (0..seen.len()).collect();
    let row = |i: usize| (seen[i].y * 3.0) as usize;
    order.sort_by(|&a, &b| row(a).cmp(&row(b)).then(seen[a].x.total_cmp(&seen[b].x)));
    let mut kinds: Vec<(usize, Vec<usize>)> = vec![];
    for i in order {
        let kind = scene.things[i].kind;
        match kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, things)) => things.push(i),
            None => kinds.push((kind, vec![i])),
        }
    }
    kinds
}

impl View<'_> {
    /// The kind of a thing, in a word.
    pub fn name(&self, thing: usize) -> &'static str {
        kinds()[self.scene.things[thing].kind].name
    }

    /// Things that are the only ones of their kind.
    pub fn singles(&self) -> impl Iterator<Item = usize> {
        self.kinds.iter().filter(|(_, things)| things.len() == 1).map(|(_, things)| things[0])
    }

    pub fn has(&self, kind: usize) -> bool {
        self.kinds.iter().any(|(k, _)| *k == kind)
    }
}

/// One of several ways to say it, with the blanks filled in their order.
pub fn say(rng: &mut Rng, ways: &[&str], blanks: &[&str]) -> String {
    let mut parts = rng.pick(ways).split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (part, blank) in parts.zip(blanks) {
        text.push_str(blank);
        text.push_str(part);
    }
    text
}

pub fn asked(text: String, answer: impl Into<String>) -> Vec<Asked> {
    vec![Asked { text, answer: answer.into() }]
}

/// With its article.
pub fn one(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// So many of a kind.
pub fn some(count: usize, kind: usize) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let k = &kinds()[kind];
    if count == 1 { one(k.name) } else { format!("{} {}", WORDS[count.min(9)], k.plural) }
}

/// One after the other, the last behind "and".
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
