//! Whether an answer is right: what it says counts, not how.

use crate::colour::COLOURS;
use crate::kinds::{kind, kinds};
use crate::place::PLACES;
use std::collections::BTreeSet;

const NUMBERS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
/// What people say before the answer.
const BEFORE: &[&str] =
    &["there is", "there are", "it is", "its", "this is", "i see", "at the", "in the", "on the", "the", "an", "a"];

/// An answer in the one form that all of its forms share.
pub fn normal(answer: &str) -> String {
    let letters = answer.to_lowercase().replace('-', " ");
    let letters: String = letters.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    let mut text = words.join(" ");
    while let Some(rest) = BEFORE.iter().find_map(|b| text.strip_prefix(b)?.strip_prefix(' ')) {
        text = rest.to_owned();
    }
    if let Some(first @ ("yes" | "no")) = text.split(' ').next() {
        return first.to_owned();
    }
    if let Some(number) = NUMBERS.iter().position(|n| *n == text) {
        return number.to_string();
    }
    if let Some(k) = kind(&text) {
        return kinds()[k].name.to_owned();
    }
    let known =
        |name: &str, synonyms: &[&str], chinese: &str| name == text || synonyms.contains(&&*text) || chinese == text;
    let place = PLACES.iter().find(|p| known(p.name, p.synonyms, p.chinese)).map(|p| p.name);
    let colour = || COLOURS.iter().find(|c| known(c.name, c.synonyms, c.chinese)).map(|c| c.name);
    place.or_else(colour).map_or(text.clone(), str::to_owned)
}

/// Whether an answer says what is expected.
pub fn right(expected: &str, answer: &str) -> bool {
    normal(expected) == normal(answer)
}

/// Kinds that a text names: the longest names first, so that a part of one is not another.
fn named(text: &str) -> BTreeSet<usize> {
    let letters = text.to_lowercase().replace('-', " ");
    let cleaned: String = letters.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut text = format!(" {} ", cleaned.split_whitespace().collect::<Vec<_>>().join(" "));
    let words = |k: usize| [kinds()[k].name, kinds()[k].plural].into_iter().chain(kinds()[k].synonyms.iter().copied());
    let mut names: Vec<(&str, usize)> = (0..kinds().len()).flat_map(|k| words(k).map(move |w| (w, k))).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut found = BTreeSet::new();
    for (name, k) in names {
        let spaced = format!(" {name} ");
        while text.contains(&spaced) {
            found.insert(k);
            text = text.replacen(&spaced, " , ", 1);
        }
    }
    found
}

/// How well the things that an answer names are those expected: 1 where they are the same.
pub fn f1(expected: &str, answer: &str) -> f32 {
    let (want, got) = (named(expected), named(answer));
    let both = want.intersection(&got).count() as f32;
    match want.len() + got.len() {
        0 => 1.0,
        all => 2.0 * both / all as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_answer_are_one() {
        for (a, b) in [
            ("cat", "A cat."),
            ("cat", "the kitty"),
            ("cat", "cats"),
            ("cat", "猫"),
            ("car", "It is an automobile"),
            ("2", "two"),
            ("2", "There are two."),
            ("12", "Twelve"),
            ("yes", "Yes, there is."),
            ("no", "No"),
            ("top left", "at the upper-left"),
            ("center", "in the middle"),
            ("gray", "Grey"),
            ("light bulb", "a lightbulb"),
            ("cacti", "cactus"),
        ] {
            assert!(right(a, b), "{a} and {b}: {:?} {:?}", normal(a), normal(b));
        }
        for (a, b) in [
            ("cat", "dog"),
            ("2", "3"),
            ("left", "top left"),
            ("yes", "no"),
            ("12", "2"),
            ("pine", "pineapple"),
            ("cat", ""),
        ] {
            assert!(!right(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn sets_of_things_are_compared() {
        let want = "a cat, two dogs and a light bulb";
        assert_eq!(f1(want, "dog, cat, bulb"), 1.0);
        assert_eq!(f1(want, "a cat"), 0.5);
        assert_eq!(f1(want, "a pig"), 0.0);
        assert_eq!(f1("a pineapple", "a pine"), 0.0);
        assert_eq!(f1("a birthday cake", "a cake"), 1.0);
    }
}
