//! Scenes are what they are said to be: splits share nothing, answers are right by a second look at the picture, and
//! nothing can be guessed from how often it is asked.

#![allow(clippy::unwrap_used, reason = "a picture that cannot be read is a failed test")]

use squint_scenes::{
    Atlas, Example, FAMILIES, Role, SPLITS, Scene, Split, example, f1, kind, kinds, normal, paint, right, see, styles,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Scenes of each split that are looked at.
const COUNT: u64 = 400;
const EDGE: usize = 168;

fn atlases() -> &'static [Atlas] {
    static ATLASES: OnceLock<Vec<Atlas>> = OnceLock::new();
    ATLASES.get_or_init(|| {
        let path = |name: &str| format!("{}/../public/scenes/{name}.png", env!("CARGO_MANIFEST_DIR"));
        styles().iter().map(|s| Atlas::read(&std::fs::read(path(s.name)).unwrap()).unwrap()).collect()
    })
}

fn drawn(split: &'static Split) -> impl Iterator<Item = Example> {
    (0..COUNT).map(|i| example(split, 0, i, atlases()))
}

#[test]
fn splits_share_no_scene_and_keep_their_rules() {
    let mut hashes = BTreeSet::new();
    let text = include_str!("../../crates/scenes/combos.tsv");
    let pairs: Vec<[usize; 2]> = text
        .lines()
        .skip(1)
        .map(|l| l.split_once('\t').map(|(a, b)| [kind(a).unwrap(), kind(b).unwrap()]).unwrap())
        .collect();
    assert!(pairs.len() > 50);
    for split in SPLITS {
        let mut meet = 0;
        for one in drawn(split) {
            assert!(hashes.insert(one.scene.hash()), "a scene of {} is another's, too", split.name);
            let there = |k: usize| one.scene.things.iter().any(|t| t.kind == k);
            meet += usize::from(pairs.iter().any(|[a, b]| there(*a) && there(*b)));
            for thing in &one.scene.things {
                let held = styles()[thing.style].role == Role::Held;
                assert_eq!(held, split.name == "test-style", "{}", split.name);
                assert!(thing.turn.abs() <= 30.0 && thing.kind < kinds().len());
            }
            assert!(one.scene.things.len() <= 9);
        }
        let apart = split.name != "test-combo";
        assert!(if apart { meet == 0 } else { meet > COUNT as usize * 3 / 4 }, "{}: {meet} pairs", split.name);
        println!("{}: {COUNT} scenes", split.name);
    }
    // Another seed draws other ones.
    assert!((0..COUNT).all(|i| hashes.insert(example(&SPLITS[0], 1, i, atlases()).scene.hash())));
}

/// What is seen of a thing, by painting the picture with it and without it.
fn pixels(scene: &Scene, thing: usize) -> Vec<bool> {
    let mut without = scene.clone();
    without.things.remove(thing);
    let (with, without) = (paint(scene, atlases(), EDGE), paint(&without, atlases(), EDGE));
    with.chunks(3).zip(without.chunks(3)).map(|(a, b)| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 24)).collect()
}

#[test]
fn what_is_seen_is_what_the_picture_shows() {
    let mut worst = 0f32;
    for one in drawn(Split::named("test").unwrap()).take(60) {
        for (i, seen) in see(&one.scene, atlases()).iter().enumerate() {
            let shown = pixels(&one.scene, i);
            let columns: Vec<usize> = (0..shown.len()).filter(|&at| shown[at]).map(|at| at % EDGE).collect();
            let rows: Vec<usize> = (0..shown.len()).filter(|&at| shown[at]).map(|at| at / EDGE).collect();
            let middle =
                |all: &[usize]| (all.iter().min().unwrap() + all.iter().max().unwrap() + 1) as f32 / (2 * EDGE) as f32;
            worst = worst.max((middle(&columns) - seen.x).abs()).max((middle(&rows) - seen.y).abs());
            assert!(seen.share >= 0.8);
        }
    }
    println!("middles differ by {worst} of an edge at most");
    assert!(worst < 0.03, "{worst}");
}

/// Answers by another way: from the list of things and their middles alone.
#[test]
fn answers_are_right_by_a_second_count() {
    let mut asked = BTreeMap::<&str, usize>::new();
    for one in SPLITS.iter().flat_map(drawn) {
        let seen = see(&one.scene, atlases());
        let of = |word: &str| -> Vec<usize> {
            let k = kind(word).unwrap_or_else(|| panic!("'{word}' is no thing"));
            (0..seen.len()).filter(|&i| one.scene.things[i].kind == k).collect()
        };
        // The thing that a question names.
        let named = |text: &str| {
            let words = format!(" {} ", text.replace(['?', '.'], ""));
            let names = kinds().iter().flat_map(|k| [k.name, k.plural]);
            names.filter(|n| words.contains(&format!(" {n} "))).max_by_key(|n| n.len()).unwrap()
        };
        for q in &one.questions {
            *asked.entry(q.family).or_default() += 1;
            assert!(right(&q.answer, &q.answer) && !q.text.contains("{}") && q.text.len() < 80, "{q:?}");
            match q.family {
                "how_many" => assert_eq!(of(named(&q.text)).len().to_string(), q.answer, "{q:?}"),
                "what" => assert!(seen.len() == 1 && of(&q.answer).len() == 1),
                "where" => {
                    let i = of(named(&q.text))[0];
                    let cell = |n: f32, names: [&'static str; 3]| names[((n * 3.0) as usize).min(2)];
                    let want = match (cell(seen[i].y, ["top", "", "bottom"]), cell(seen[i].x, ["left", "", "right"])) {
                        ("", "") => "center".to_owned(),
                        (row, column) => format!("{row} {column}").trim().to_owned(),
                    };
                    assert_eq!(q.answer, want, "{q:?} {:?}", seen[i]);
                }
                "relation" => {
                    let of_it = of(named(&q.text));
                    assert_eq!(of_it.len(), 1, "{q:?}");
                    let from = &seen[of_it[0]];
                    let stands = of(&q.answer).into_iter().any(|i| {
                        let (dx, dy) = (seen[i].x - from.x, seen[i].y - from.y);
                        let (on, off) = if q.text.contains("left of") {
                            (-dx, dy.abs())
                        } else if q.text.contains("right of") {
                            (dx, dy.abs())
                        } else if q.text.contains("above") {
                            (-dy, dx.abs())
                        } else {
                            (dy, dx.abs())
                        };
                        on >= 0.15 && on >= 2.0 * off
                    });
                    assert!(stands, "{q:?}");
                }
                "biggest" => {
                    let size = |i: usize| one.scene.things[i].size;
                    let best = (0..seen.len()).max_by(|&a, &b| size(a).total_cmp(&size(b))).unwrap();
                    assert!(of(&q.answer).contains(&best), "{q:?}");
                }
                "more" => {
                    let (mut most, mut named) = (0, 0);
                    for k in kinds().iter().filter(|k| q.text.contains(&format!(" {}", k.plural))) {
                        (most, named) = (most.max(of(k.name).len()), named + 1);
                    }
                    assert!(named >= 2 && of(&normal(&q.answer)).len() == most, "{q:?}");
                }
                "list" | "describe" => assert_eq!(f1(&q.answer, &q.answer), 1.0, "{q:?}"),
                "is_there" => {
                    assert_eq!(!of(named(&q.text)).is_empty(), q.answer == "yes", "{q:?}");
                }
                "read" => assert_eq!(one.scene.number.as_ref().map(|n| n.value.to_string()), Some(q.answer.clone())),
                _ => {}
            }
        }
    }
    println!("{asked:?}");
    assert!(FAMILIES.iter().all(|f| asked.get(f.name).is_some_and(|n| *n > 30)), "{asked:?}");
}

/// As many yes as no, and no single answer that is right half of the time.
#[test]
fn answers_cannot_be_guessed() {
    let mut answers = BTreeMap::<&str, BTreeMap<String, usize>>::new();
    for q in drawn(Split::named("train").unwrap()).flat_map(|one| one.questions) {
        *answers.entry(q.family).or_default().entry(normal(&q.answer)).or_default() += 1;
    }
    for (family, answers) in &answers {
        let (all, most) = (answers.values().sum::<usize>(), *answers.values().max().unwrap());
        println!("{family}: {all} questions, the answer given most often {:.2}", most as f32 / all as f32);
        let bound = match *family {
            "is_there" => 0.5,
            "category" => 0.65,
            "how_many" => 0.5,
            _ => 0.3,
        };
        assert!(most as f32 <= bound * all as f32, "{family}: {answers:?}");
    }
}

#[test]
fn hidden_things_are_not_asked_about() {
    let mut one = drawn(Split::named("test").unwrap()).find(|e| e.scene.things.len() == 4).unwrap();
    assert!(!one.questions.is_empty());
    let first = one.scene.things[0].clone();
    one.scene.things.push(squint_scenes::Thing { kind: (first.kind + 1) % kinds().len(), size: first.size, ..first });
    let mut rng = squint_scenes::Rng::new(0);
    assert!(squint_scenes::questions(&one.scene, atlases(), &mut rng).is_empty());
}
