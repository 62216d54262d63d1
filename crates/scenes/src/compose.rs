//! A scene by chance: what is on it, and where there is room.

use crate::canvas::OUTLINES;
use crate::colour::{Rgb, apart, between};
use crate::ground::Ground;
use crate::kinds::kinds;
use crate::scene::{Number, Scene, Shape, Thing};
use crate::seen::see;
use crate::split::Split;
use crate::styles::of;
use crate::{Atlas, Rng};

/// What a scene is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// One thing, large.
    Single,
    /// Things of different kinds.
    Mixed,
    /// Few kinds, several of each.
    Groups,
    /// A number to be read, and perhaps a few things.
    Number,
    /// Nothing but its ground.
    Empty,
}

/// Themes by how often they come, of 100.
const THEMES: &[(Theme, usize)] =
    &[(Theme::Single, 12), (Theme::Mixed, 44), (Theme::Groups, 33), (Theme::Number, 9), (Theme::Empty, 2)];

/// Sizes of things by how many there are.
const SIZES: [(f32, f32); 10] = [
    (0.0, 0.0),
    (0.32, 0.66),
    (0.24, 0.46),
    (0.22, 0.4),
    (0.2, 0.36),
    (0.18, 0.32),
    (0.17, 0.29),
    (0.16, 0.27),
    (0.16, 0.25),
    (0.15, 0.24),
];
/// Beyond it a letter or a glass would be another thing.
pub const TURN: f32 = 30.0;
/// A thing is this far from its ground's colours where it ends.
const CONTRAST: f32 = 62.0;
/// Things come so near each other at most: a share of their sizes together.
const NEAR: f32 = 0.46;
/// How often one of several is larger than all others can be.
const GIANT: f32 = 0.3;
/// Tries to find room for one.
const TRIES: usize = 60;
/// A hidden thing is taken away: nobody could say whether it is there.
pub const SHOWN: f32 = 0.8;

/// One scene of a split.
pub fn compose(rng: &mut Rng, split: &Split, atlases: &[Atlas]) -> Scene {
    let ground = Ground::new(rng);
    let theme = if split.things.0 > 1 { *rng.pick(&[Theme::Mixed, Theme::Groups]) } else { theme(rng) };
    let count = match theme {
        Theme::Single => 1,
        Theme::Mixed | Theme::Groups => rng.among(split.things.0.max(2), split.things.1),
        Theme::Number => rng.below(4),
        Theme::Empty => 0,
    };
    let mut scene = Scene { shapes: shapes(rng, &ground), ground, number: None, things: vec![] };
    if theme == Theme::Number {
        scene.number = Some(number(rng, &scene.ground));
    }
    let styles = of(split.role);
    // Mostly one artist drew all of a picture.
    let style = rng.chance(0.5).then(|| *rng.pick(&styles));
    let (least, most) = SIZES[count.min(SIZES.len() - 1)];
    let giant = count > 1 && rng.chance(GIANT);
    for (i, kind) in plan(rng, split, theme, count).into_iter().enumerate() {
        let style = style.unwrap_or_else(|| *rng.pick(&styles));
        let outline = atlases[style].sprite(kind).edge;
        if scene.ground.ends().iter().any(|c| apart(*c, outline) < CONTRAST) {
            continue;
        }
        for _ in 0..TRIES {
            let size = if giant && i == 0 { most * 1.5 } else { rng.range(least, most) } * split.scale;
            let half = size * 0.5;
            let (x, y) = (rng.range(half, 1.0 - half), rng.range(half, 1.0 - half));
            if free(&scene, x, y, size) {
                let turn = if rng.chance(0.5) { 0.0 } else { rng.range(-TURN, TURN) };
                scene.things.push(Thing { kind, style, x, y, size, turn });
                break;
            }
        }
    }
    // One that is taken away shows what it hid.
    while let Some(hidden) = see(&scene, atlases).iter().position(|s| s.share < SHOWN) {
        scene.things.remove(hidden);
    }
    scene
}

fn theme(rng: &mut Rng) -> Theme {
    let mut left = rng.below(THEMES.iter().map(|t| t.1).sum());
    for (theme, often) in THEMES {
        if left < *often {
            return *theme;
        }
        left -= often;
    }
    Theme::Mixed
}

/// The kinds of a scene's things, in the order in which they are laid down.
fn plan(rng: &mut Rng, split: &Split, theme: Theme, count: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = vec![];
    if split.combos && count > 1 {
        chosen.extend(rng.pick(crate::split::combos()));
    }
    let want = if theme == Theme::Groups { rng.among(1, 3).min(count) } else { count };
    while chosen.len() < want {
        // Look-alikes of one category meet often: to tell them apart is what is to be learnt.
        let category = chosen.first().map_or("", |&k| kinds()[k].category);
        let alike = |k: &usize| !category.is_empty() && kinds()[*k].category == category;
        let all: Vec<usize> = (0..kinds().len()).filter(|k| !chosen.contains(k)).collect();
        let near: Vec<usize> = all.iter().copied().filter(alike).collect();
        let from = if !near.is_empty() && rng.chance(0.3) { &near } else { &all };
        let kind = *rng.pick(from);
        if split.combos || chosen.iter().all(|&other| !crate::split::kept_apart(kind, other)) {
            chosen.push(kind);
        }
    }
    let mut kinds = chosen.clone();
    while kinds.len() < count {
        kinds.push(*rng.pick(&chosen));
    }
    rng.shuffle(&mut kinds);
    kinds
}

/// Whether a thing has room: of others, and of a number, which nothing may touch.
fn free(scene: &Scene, x: f32, y: f32, size: f32) -> bool {
    let near = |t: &Thing| {
        let (dx, dy, reach) = (t.x - x, t.y - y, (t.size + size) * NEAR);
        dx * dx + dy * dy < reach * reach
    };
    let on = |n: &Number| (n.x - x).abs() < (n.wide() + size) * 0.55 && (n.y - y).abs() < (n.size + size) * 0.6;
    !scene.things.iter().any(near) && !scene.number.as_ref().is_some_and(on)
}

/// Shapes that mean nothing, faint against the ground.
fn shapes(rng: &mut Rng, ground: &Ground) -> Vec<Shape> {
    let count = if rng.chance(0.5) { 0 } else { rng.among(1, 3) };
    let shape = |rng: &mut Rng| {
        let light = if rng.chance(0.5) { [255.0; 3] } else { [0.0; 3] };
        Shape {
            outline: rng.below(OUTLINES.len()),
            x: rng.unit(),
            y: rng.unit(),
            size: rng.range(0.08, 0.4),
            turn: rng.range(-45.0, 45.0),
            rgb: between(ground.rgb, light, rng.range(0.06, 0.16)),
        }
    };
    (0..count).map(|_| shape(rng)).collect()
}

/// As often of one digit as of two.
fn number(rng: &mut Rng, ground: &Ground) -> Number {
    let value = if rng.chance(0.5) { rng.below(10) } else { rng.among(10, 99) } as u8;
    let size = rng.range(0.26, 0.42);
    let mut number = Number { value, x: 0.0, y: 0.0, size, width: rng.range(0.13, 0.2), rgb: ink(rng, ground) };
    let (wide, high) = (number.wide() * 0.6, size * 0.6);
    (number.x, number.y) = (rng.range(wide, 1.0 - wide), rng.range(high, 1.0 - high));
    number
}

/// A colour in which a number can be read.
fn ink(rng: &mut Rng, ground: &Ground) -> Rgb {
    loop {
        let rgb = [rng.range(0.0, 255.0), rng.range(0.0, 255.0), rng.range(0.0, 255.0)];
        if ground.ends().iter().all(|c| apart(*c, rgb) > 150.0) {
            return rgb;
        }
    }
}
