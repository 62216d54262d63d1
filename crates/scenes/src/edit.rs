//! Scenes by hand: things placed, moved, sized, turned and taken away. What breaks a rule of questions is said, and nothing
//! is asked.

use crate::ask::{Question, questions};
use crate::colour::COLOURS;
use crate::compose::{SHOWN, TURN};
use crate::ground::{Cover, Ground};
use crate::kinds::kinds;
use crate::seen::see;
use crate::styles::styles;
use crate::{Atlas, Fault, Rng, Scene, Thing};

/// More cannot be counted at a glance.
pub const MOST: usize = 9;
/// Sizes that can be seen, and fit.
pub const SIZES: std::ops::RangeInclusive<f32> = 0.05..=1.0;

fn bad(what: String, hint: &'static str) -> Fault {
    Fault { what, hint }
}

impl Scene {
    /// A ground of one colour, by its name, and nothing on it.
    pub fn blank(colour: &str) -> Result<Scene, Fault> {
        let found = COLOURS.iter().position(|c| c.name == colour);
        let colour = found.ok_or_else(|| bad(format!("there is no ground '{colour}'"), "take one of COLOURS"))?;
        let ground = Ground { colour, rgb: COLOURS[colour].rgb, cover: Cover::Plain };
        Ok(Scene { ground, shapes: vec![], number: None, things: vec![] })
    }

    /// Puts a thing on top of all others; says which it is.
    pub fn place(&mut self, thing: Thing) -> Result<usize, Fault> {
        if self.things.len() == MOST {
            return Err(bad(format!("there are {MOST} things already"), "take one away first"));
        }
        self.things.push(checked(thing)?);
        Ok(self.things.len() - 1)
    }

    /// Another place, size or turn for a thing; where it cannot have them it stays as it was.
    pub fn change(&mut self, thing: usize, change: impl FnOnce(&mut Thing)) -> Result<(), Fault> {
        let mut changed = self.things.get(thing).cloned().ok_or_else(|| missing(thing))?;
        change(&mut changed);
        self.things[thing] = checked(changed)?;
        Ok(())
    }

    pub fn remove(&mut self, thing: usize) -> Result<Thing, Fault> {
        if thing < self.things.len() { Ok(self.things.remove(thing)) } else { Err(missing(thing)) }
    }

    /// What can be asked, or why nothing fair can.
    pub fn fair(&self, atlases: &[Atlas], rng: &mut Rng) -> Result<Vec<Question>, Fault> {
        for (thing, seen) in self.things.iter().zip(see(self, atlases)) {
            if seen.share < SHOWN {
                let hidden = 100.0 * (1.0 - seen.share);
                let what =
                    format!("no fair question: {hidden:.0} % of the {} cannot be seen", kinds()[thing.kind].name);
                return Err(bad(what, "move it to where nothing covers it"));
            }
        }
        let all = questions(self, atlases, rng);
        if all.is_empty() { Err(bad("no fair question: nothing is there".into(), "place a thing")) } else { Ok(all) }
    }
}

fn missing(thing: usize) -> Fault {
    bad(format!("there is no thing {thing}"), "things are counted from 0, the lowest one first")
}

fn checked(thing: Thing) -> Result<Thing, Fault> {
    let inside = |n: f32| (0.0..=1.0).contains(&n);
    if thing.kind >= kinds().len() || thing.style >= styles().len() {
        return Err(bad("there is no such thing, or artist".into(), "take numbers of kinds() and styles()"));
    }
    if !inside(thing.x) || !inside(thing.y) {
        return Err(bad("its middle is outside the picture".into(), "give x and y from 0 to 1"));
    }
    if !SIZES.contains(&thing.size) || !(-TURN..=TURN).contains(&thing.turn) {
        return Err(bad(
            "it is too small, too large, or turned too far".into(),
            "sizes are 0.05 to 1, turns ±30 degrees",
        ));
    }
    Ok(thing)
}
