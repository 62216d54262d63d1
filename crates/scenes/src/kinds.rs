//! The things there are: `things.tsv`, read once. Its rows are also the order of sprites in every atlas.

use crate::table::rows;
use std::sync::OnceLock;

#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub plural: &'static str,
    /// Several kinds share one; empty where nobody would say one.
    pub category: &'static str,
    /// Other words that are right.
    pub synonyms: Vec<&'static str>,
    pub chinese: &'static str,
}

const NAMES: [&str; 7] = ["name", "plural", "category", "synonyms", "chinese", "icon", "fxemoji"];

pub fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let row = |[name, plural, category, synonyms, chinese, ..]: [&'static str; 7]| {
            let synonyms = synonyms.split(", ").filter(|word| !word.is_empty()).collect();
            Kind { name, plural, category, synonyms, chinese }
        };
        rows(include_str!("../things.tsv"), NAMES).into_iter().map(row).collect()
    })
}

/// The number of a kind by its name, plural, Chinese name or a synonym, in lower case.
pub fn kind(word: &str) -> Option<usize> {
    kinds().iter().position(|k| [k.name, k.plural, k.chinese].contains(&word) || k.synonyms.contains(&word))
}

/// Words for more than one of a category.
pub const CATEGORIES: &[(&str, &str)] = &[
    ("animal", "animals"),
    ("fruit", "fruits"),
    ("dessert", "desserts"),
    ("vehicle", "vehicles"),
    ("instrument", "instruments"),
    ("plant", "plants"),
    ("tool", "tools"),
    ("building", "buildings"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Enough of them, and no word that means two.
    #[test]
    fn words_mean_one_thing_each() {
        let mut words = BTreeSet::new();
        for k in kinds() {
            for word in [k.name, k.plural, k.chinese].into_iter().chain(k.synonyms.iter().copied()) {
                assert!(
                    !word.is_empty() && words.insert(word),
                    "'{word}' of '{}' is empty or means two things",
                    k.name
                );
            }
            assert_ne!(k.name, k.plural, "things are counted");
            assert!(k.name.split(' ').count() <= 2 && k.name.to_lowercase() == k.name);
            assert!(k.category.is_empty() || CATEGORIES.iter().any(|(one, _)| *one == k.category), "{}", k.category);
        }
        assert!(kinds().len() >= 64);
        for (one, _) in CATEGORIES {
            assert!(kinds().iter().filter(|k| k.category == *one).count() >= 2, "{one}");
        }
    }
}
