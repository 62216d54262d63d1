//! Scenes are what they are said to be: splits share nothing, answers are right by a second look at the picture, and
//! nothing can be guessed from how often it is asked.

#![allow(clippy::unwrap_used, reason = "a picture that cannot be read is a failed test")]

use squint_scenes::{
    Atlas, COLOURS, Cover, Example, FAMILIES, Ground, Rng, Role, SPLITS, Scene, Split, Thing, example, f1, kind, kinds,
    normal, paint, right, see, styles,
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

/// A quarter turn is a turn of the picture, clockwise, and any other keeps what there is of a thing.
#[test]
fn a_turned_thing_is_a_turned_picture() {
    let ground = Ground { colour: 0, rgb: COLOURS[0].rgb, cover: Cover::Plain };
    let alone = |kind: usize, turn: f32| {
        let thing = Thing { kind, style: kind % styles().len(), x: 0.5, y: 0.5, size: 0.6, turn };
        Scene { ground: ground.clone(), shapes: vec![], number: None, things: vec![thing] }
    };
    for kind in 0..kinds().len() {
        let upright = paint(&alone(kind, 0.0), atlases(), EDGE);
        let lying = paint(&alone(kind, 90.0), atlases(), EDGE);
        let off = |at: usize| {
            let (x, y) = (at % EDGE, at / EDGE);
            let from = (EDGE - 1 - x) * EDGE + y;
            (0..3).map(|c| usize::from(lying[at * 3 + c].abs_diff(upright[from * 3 + c]))).sum::<usize>()
        };
        let all: usize = (0..EDGE * EDGE).map(off).sum();
        assert!(all < EDGE * EDGE, "{}: {all}", kinds()[kind].name);
        let area = |turn: f32| see(&alone(kind, turn), atlases())[0].area;
        assert!((area(25.0) / area(0.0) - 1.0).abs() < 0.06, "{}", kinds()[kind].name);
    }
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

/// What is composed by hand is asked about like any other; what cannot be, says why.
#[test]
fn scenes_are_composed_by_hand() {
    let mut rng = Rng::new(3);
    let (cat, car) = (kind("cat").unwrap(), kind("car").unwrap());
    let thing = |kind: usize, x: f32, y: f32| Thing { kind, style: 0, x, y, size: 0.3, turn: 0.0 };
    let mut scene = Scene::blank("green").unwrap();
    let answers = |scene: &Scene, rng: &mut Rng| -> BTreeMap<String, String> {
        scene
            .fair(atlases(), rng)
            .unwrap()
            .into_iter()
            .map(|q| (format!("{} {}", q.family, q.text), q.answer))
            .collect()
    };
    assert_eq!(answers(&scene, &mut rng).into_values().collect::<Vec<_>>(), ["green"]);
    scene.place(thing(cat, 0.2, 0.5)).unwrap();
    let placed = scene.place(thing(car, 0.75, 0.5)).unwrap();
    let left = |all: &BTreeMap<String, String>| {
        all.iter().find(|(k, _)| k.contains("left of the car")).map(|(_, a)| a.clone())
    };
    assert_eq!(left(&answers(&scene, &mut rng)).as_deref(), Some("cat"));
    // Moved to the other side, larger; the answers move with it.
    scene.change(placed, |t| (t.x, t.size) = (0.25, 0.4)).unwrap();
    let hidden = scene.fair(atlases(), &mut rng).unwrap_err();
    assert!(hidden.what.contains("of the cat cannot be seen"), "{hidden}");
    scene.change(0, |t| t.x = 0.8).unwrap();
    assert_eq!(left(&answers(&scene, &mut rng)), None);
    assert!(answers(&scene, &mut rng).iter().any(|(k, a)| k.contains("right of the car") && a == "cat"));
    // What cannot be leaves everything as it was.
    let before = scene.clone();
    assert!(scene.change(0, |t| t.x = f32::NAN).is_err() && scene.change(7, |_| ()).is_err());
    assert!(scene.change(0, |t| t.turn = 45.0).is_err() && scene.change(0, |t| t.size = 0.0).is_err());
    assert!(scene.place(thing(kinds().len(), 0.5, 0.5)).is_err() && scene.remove(2).is_err());
    assert!(Scene::blank("plaid").is_err());
    assert_eq!(scene, before);
    assert_eq!(scene.remove(0).unwrap().kind, cat);
    for _ in 1..squint_scenes::MOST {
        scene.place(thing(cat, 0.5, 0.5)).unwrap();
    }
    assert!(scene.place(thing(cat, 0.5, 0.5)).is_err());
}

#[test]
fn hidden_things_are_not_asked_about() {
    let mut one = drawn(Split::named("test").unwrap()).find(|e| e.scene.things.len() == 4).unwrap();
    assert!(!one.questions.is_empty());
    let first = one.scene.things[0].clone();
    one.scene.things.push(Thing { kind: (first.kind + 1) % kinds().len(), size: first.size, ..first });
    let mut rng = Rng::new(0);
    assert!(squint_scenes::questions(&one.scene, atlases(), &mut rng).is_empty());
}
