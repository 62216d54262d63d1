//! A model that people talk to: a session, the words of its checkpoint and, where it can see, an eye. Pages and the command
//! line ask here.

use crate::answer::{Answer, Heard, Measured, Question, answer};
use crate::artefacts::Key;
use crate::eye::Eye;
use crate::kept::Kept;
use crate::load::Model;
use crate::marks::Marks;
use crate::open::Surroundings;
use crate::picture::{Showing, Views};
use crate::revive::Lives;
use crate::room;
use crate::session::{Choice, Session};
use crate::shot::Shot;
use crate::sight::{Seen, Sight, blind};
use crate::text::{Message, Part};
use crate::weights::Progress;
use crate::wish::{cache_kind, wishes};
use crate::words::{Prompt, Words};
use squint_ops::{Backend, Error, Host};
use squint_weights::Checkpoint;
use std::ops::Range;
use std::rc::Rc;

pub struct Talk {
    pub session: Session,
    words: Words,
    /// Where pictures stand in prompts; none where the model cannot see.
    marks: Option<Marks>,
    eye: Eye,
}

/// What is asked for at load.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// `language=q4_0,kv=f32`
    pub quant: &'a str,
    pub exact: bool,
    /// Tokens of prompt and answer together.
    pub context: Option<usize>,
    pub showing: Showing,
}

/// One question.
pub struct Say {
    pub prompt: Prompt,
    /// Seconds since 1970 where the visitor is, for templates that write the date.
    pub now: Option<i64>,
    pub most: usize,
    pub choice: Choice,
    pub stops: Vec<String>,
}

/// Pictures that the session was shown.
#[derive(Clone, Default)]
pub struct Shown {
    /// Of their rows, in its prompts.
    pub numbers: Range<u32>,
    pub seen: Rc<Seen>,
    /// What it took this time.
    pub stages: Vec<Measured>,
}

impl Talk {
    /// A session that exists. It has no eye yet.
    pub fn of(session: Session, showing: Showing) -> Result<Talk, Error> {
        let checkpoint = &session.model.checkpoint;
        let (words, marks) = (Words::of(checkpoint)?, Marks::of(checkpoint, showing)?);
        Ok(Talk { session, words, marks, eye: Eye { showing, ..Eye::default() } })
    }

    /// All parts of a checkpoint.
    pub async fn load(
        (on, host): (Rc<dyn Backend>, Host),
        checkpoint: Checkpoint,
        asked: Asked<'_>,
        progress: Progress<'_>,
    ) -> Result<Talk, Error> {
        // Before anything is loaded: what cannot be had is said at once.
        let (words, marks) = (Words::of(&checkpoint)?, Marks::of(&checkpoint, asked.showing)?);
        if asked.showing != Showing::default() && marks.is_none() {
            return Err(blind(&checkpoint));
        }
        let parts = ["language", "kv", "vision", "projector"];
        let mut quant = wishes(asked.quant, if marks.is_some() { &parts } else { &parts[..2] })?;
        quant.resize(parts.len(), None);
        let cache = cache_kind(on.as_ref(), asked.exact, quant[1])?;
        let room = room::of(&checkpoint, asked.context)?;
        let tensors = checkpoint.tensors().chain(checkpoint.mmproj().into_iter().flat_map(Checkpoint::tensors));
        let mut all = All { bytes: tensors.map(|t| t.bytes).sum(), ..All::default() };
        let sees = marks.is_some();
        let mut told = |done, of| match sees {
            true => progress(all.so_far(done), all.bytes),
            false => progress(done, of),
        };
        let model = Model::load_warm(on, host, Rc::new(checkpoint), quant[0], Some(cache), &mut told).await?;
        let session = Session::new(Rc::new(model), room, cache)?;
        let eye = Eye { quant: [quant[2], quant[3]], showing: asked.showing, ..Eye::default() };
        let mut talk = Talk { session, words, marks, eye };
        if sees {
            talk.eye.open(&talk.session.model, &mut told).await?;
            // Parts share tensors or leave some out: what is done is all there was.
            progress(all.bytes, all.bytes);
        }
        Ok(talk)
    }

    pub fn sees(&self) -> bool {
        self.marks.is_some()
    }

    /// Matrices that could not be converted as was asked.
    pub fn unpacked(&self) -> impl Iterator<Item = &Kept> {
        self.session.model.unpacked.iter().chain(self.eye.sight.iter().flat_map(Sight::unpacked))
    }

    /// A message. Templates of models that see are written for parts: so many pictures, then the text.
    pub fn message(&self, role: &str, text: &str, pictures: usize) -> Message {
        if !self.sees() {
            return Message::text(role, text);
        }
        let mut parts = vec![Part::Image; pictures];
        parts.push(Part::Text { text: text.into() });
        Message::parts(role, parts)
    }

    /// Shows the session pictures. Dropping the future ends the work; a device that goes meanwhile is replaced by another,
    /// for the whole conversation.
    pub async fn look(
        &mut self,
        around: &Surroundings,
        shots: &[Shot],
        mut heard: impl FnMut(Heard),
    ) -> Result<Shown, Error> {
        if shots.is_empty() {
            return Ok(Shown::default());
        }
        if !self.sees() {
            return Err(blind(&self.session.model.checkpoint));
        }
        let keys: Vec<Key> = shots.iter().map(Shot::key).collect();
        let mut lives = Lives::new(around);
        let (seen, stages) = match self.eye.again(&keys) {
            Some((seen, stages)) => {
                stages.iter().for_each(|s| heard(Heard::Stage(s)));
                (seen, stages)
            }
            None => {
                let seen = self.see(&mut lives, shots, &mut heard).await?;
                let stages = seen.stages.clone();
                (Rc::new(seen), stages)
            }
        };
        self.eye.last = Some((keys, seen.clone()));
        loop {
            match self.session.show(&seen.rows) {
                Ok(numbers) => return Ok(Shown { numbers, seen, stages }),
                Err(e) => lives.revive(&mut self.session, e).await?,
            }
        }
    }

    async fn see(
        &mut self,
        lives: &mut Lives<'_>,
        shots: &[Shot],
        heard: &mut impl FnMut(Heard),
    ) -> Result<Seen, Error> {
        let host = self.session.model.host.clone();
        let mut pictures = vec![];
        for shot in shots {
            pictures.push(shot.picture(&host).await?);
            // Not all decoders make stops: whoever wants one is heard between two pictures.
            (host.pause)().await;
        }
        let (mut views, prepared) = self.sight(lives).await?.prepare(&pictures).await;
        heard(Heard::Stage(&prepared));
        let (rows, [vision, project]) = loop {
            match self.sight(lives).await?.rows(&views, &mut |_, _| ()).await {
                Ok(made) => break made,
                Err(e) => lives.revive(&mut self.session, e).await?,
            }
        };
        let stages = vec![prepared, vision, project];
        stages[1..].iter().for_each(|s| heard(Heard::Stage(s)));
        // Sizes are all that prompts ask of them, and pixels of many tiles are as much as a small model.
        views.iter_mut().flat_map(|p| &mut p.views).for_each(|view| view.pixels = vec![]);
        Ok(Seen { pictures: views, rows, stages })
    }

    /// The eye on the session's device.
    async fn sight(&mut self, lives: &mut Lives<'_>) -> Result<&Sight, Error> {
        while let Err(e) = self.eye.open(&self.session.model, &mut |_, _| ()).await {
            lives.revive(&mut self.session, e).await?;
        }
        self.eye.sight.as_ref().ok_or_else(|| Error::bug("an eye was opened and is not there"))
    }

    /// Answers about what was shown last, which is none where the prompt has no place for it.
    pub async fn answer(
        &mut self,
        around: &Surroundings,
        say: Say,
        numbers: Range<u32>,
        pictures: &[Views],
        heard: impl FnMut(Heard),
    ) -> Result<Answer, Error> {
        let (words, session) = (&self.words, &mut self.session);
        let prompt = match &self.marks {
            Some(marks) => marks.placed(&marks.ids(words, &say.prompt, pictures, say.now, session.room())?, numbers)?,
            None => words.kept_ids(&session.kept, &say.prompt, say.now, session.room()).await?.values.to_vec(),
        };
        let question = Question { prompt, most: say.most, choice: say.choice, stops: say.stops };
        answer(session, &words.tokenizer, around, &question, heard).await
    }
}

/// Bytes of several parts, each of which counts its own from nothing.
#[derive(Default)]
struct All {
    bytes: u64,
    before: u64,
    last: u64,
}

impl All {
    fn so_far(&mut self, done: u64) -> u64 {
        if done < self.last {
            self.before += self.last;
        }
        self.last = done;
        (self.before + done).min(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::All;

    #[test]
    fn parts_add_up() {
        let mut all = All { bytes: 20, ..All::default() };
        let told: Vec<u64> = [0, 4, 8, 0, 0, 5, 0, 9, 10].into_iter().map(|done| all.so_far(done)).collect();
        assert_eq!(told, [0, 4, 8, 8, 8, 13, 13, 20, 20]);
    }
}
