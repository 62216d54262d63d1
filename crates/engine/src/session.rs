//! The only loop of prefill and decode. It deals in ids; text is above it, recordings below.
//!
//! What the caches hold is a list of ids. A prompt that begins with it, or with a part of it, starts where they part.
//! A future dropped half-way leaves the list as it was before: rows written beyond it are written again.

mod border;

use crate::artefacts::{self, Key, Store};
use crate::bill;
use crate::load::Model;
use crate::profile::Profile;
use squint_nn::Place;
use squint_nn::decoder::{Answer, Pass, Recorded, draw};
use squint_ops::{Bill, Buf, Error, Handle, Kind, NONE, Prepared, Recording, Sampling};
use std::{cell::Cell, collections::BTreeMap, ops::Range, rc::Rc};

/// Rows of a prompt that run at once: enough to share a weight among many rows, few enough to keep temporaries small.
pub const CHUNK: usize = 128;
/// Prepared passes kept: decode, whole chunks, the remainders of recent prompts.
const KEPT: usize = 6;
/// Ids that the repetition penalty looks back on.
pub const RECENT: usize = 64;

/// How the next id is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    pub how: Sampling,
    pub seed: u32,
}

impl Choice {
    /// Always the likeliest.
    pub const GREEDY: Choice =
        Choice { how: Sampling { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0 }, seed: 0 };

    /// Numbers that mean nothing would draw anything.
    pub fn check(&self) -> Result<(), Error> {
        let Sampling { temperature, top_p, min_p, penalty, .. } = self.how;
        let share = |n: f32| (0.0..=1.0).contains(&n);
        let usable = |n: f32| (1e-3..=1e3).contains(&n);
        for (name, n, fits, possible) in [
            // Smaller than that is greedier than 0, and beyond what f32 divides by.
            ("temperature", temperature, temperature == 0.0 || usable(temperature), "0, or 0.001 to 1000"),
            ("top_p", top_p, share(top_p), "0 to 1"),
            ("min_p", min_p, share(min_p), "0 to 1"),
            ("repeat_penalty", penalty, usable(penalty), "0.001 to 1000; 1 is none"),
        ] {
            if !fits {
                return Err(Error::new("sampling", format!("{name} is {n}"), format!("choose {possible}")));
            }
        }
        Ok(())
    }
}

pub struct Session {
    pub model: Rc<Model>,
    room: usize,
    cache: Kind,
    /// Caches by name.
    state: BTreeMap<String, Handle>,
    /// What the caches hold: ids of words, and beyond the vocabulary the numbers of rows of pictures.
    ids: Vec<u32>,
    /// Which of the model's tables turned all keys of the caches; none where it was not one alone.
    turned: Option<usize>,
    album: Option<Album>,
    /// The first number that no row has had.
    unused: u32,
    /// Drawn and not in the caches yet.
    owed: Option<u32>,
    /// The device's copy of `owed`: a draw writes it, the next pass reads it.
    next: Handle,
    drawn: Handle,
    recent: Handle,
    passes: Vec<(Pass, Rc<Ready>)>,
    /// The pass that ran last and whose answer stands for all of `ids`.
    answer: Option<Rc<Ready>>,
    /// The last prompt and the pass that answered it: asked again, nothing of it runs again.
    prompt: Option<(Vec<u32>, Rc<Ready>)>,
    /// A call of `next` was dropped half-way: only a prompt brings device and lists together again.
    cut: bool,
    /// What ran since somebody asked.
    bill: Cell<Bill>,
    /// Where steps put what they took. While it is there, everything runs slower.
    pub profile: Option<Profile>,
    /// What stages before the caches made.
    pub kept: Store,
}

/// Rows that pictures became. Each has a number that no other row has had, so that a prompt with another picture is
/// another prompt.
struct Album {
    numbers: Range<u32>,
    key: Key,
    rows: Handle,
    /// The same here, for when the device goes.
    values: Vec<f32>,
}

/// A pass made ready, and the draw from its answer.
struct Ready {
    rec: Recording,
    prepared: Prepared,
    ids: Buf,
    pos: Buf,
    which: Option<Buf>,
    turns: Option<Buf>,
    logits: Option<Buf>,
    draw: Option<(Recording, Prepared)>,
}

impl Session {
    /// `room` is how many tokens of prompt and answer together the caches hold.
    pub fn new(model: Rc<Model>, room: usize, cache: Kind) -> Result<Session, Error> {
        let room = crate::room::room(Some(room), model.sizes.context, room)?;
        let words = |n: usize| model.backend.create(Kind::U32, n);
        let (next, drawn, recent) = (words(1)?, words(model.backend.caps().ahead.max(1))?, words(RECENT)?);
        let unused = model.sizes.vocab as u32;
        Ok(Session {
            model,
            room,
            cache,
            state: BTreeMap::new(),
            ids: vec![],
            turned: None,
            album: None,
            unused,
            owed: None,
            next,
            drawn,
            recent,
            passes: vec![],
            answer: None,
            prompt: None,
            cut: false,
            bill: Cell::default(),
            profile: None,
            kept: Store::new(artefacts::BUDGET),
        })
    }

    pub fn ids(&self) -> &[u32] {
        &self.ids
    }
    pub fn room(&self) -> usize {
        self.room
    }
    /// The format of keys and values.
    pub fn cache(&self) -> Kind {
        self.cache
    }
    /// What ran since this was asked last.
    pub fn take_bill(&self) -> Bill {
        self.bill.take()
    }

    /// Takes up rows that pictures became, [rows, width], and gives the numbers by which a prompt has them between its ids.
    /// They hold until other rows are shown.
    pub fn show(&mut self, rows: &[f32]) -> Result<Range<u32>, Error> {
        let (width, bytes) = (self.model.sizes.heads.width, bytemuck::cast_slice(rows));
        let (key, count) = (Key::of(bytes), rows.len() / width);
        if rows.is_empty() || !rows.len().is_multiple_of(width) {
            let what = format!("{} numbers for rows of {width}", rows.len());
            return Err(Error::new("picture", what, "the projector is of another model"));
        }
        if let Some(album) = self.album.as_ref().filter(|a| a.key == key && a.numbers.len() == count) {
            return Ok(album.numbers.clone());
        }
        let kept = self.album.take().map(|album| album.rows).filter(|kept| kept.len == rows.len());
        // Whether or not there is room for them: the caches may hold rows of the pictures before.
        let numbers = self.unused..self.unused + count as u32;
        self.unused = numbers.end;
        let device = match kept {
            Some(kept) => kept,
            None => {
                // Passes that choose among so many rows are of no use any more.
                self.passes.retain(|(pass, _)| pass.album == 0);
                self.model.backend.create(Kind::F32, rows.len())?
            }
        };
        self.model.backend.write(&device, 0, bytes)?;
        self.album = Some(Album { numbers: numbers.clone(), key, rows: device, values: rows.to_vec() });
        Ok(numbers)
    }

    /// A session like this one with empty caches, on another device: prompts mean there what they mean here.
    pub fn elsewhere(&self, model: Rc<Model>) -> Result<Session, Error> {
        let mut session = Session::new(model, self.room, self.cache)?;
        if let Some(Album { numbers, key, values, .. }) = &self.album {
            let rows = session.model.backend.create(Kind::F32, values.len())?;
            session.model.backend.write(&rows, 0, bytemuck::cast_slice(values))?;
            session.album = Some(Album { numbers: numbers.clone(), key: *key, rows, values: values.clone() });
        }
        session.unused = self.unused;
        Ok(session)
    }

    /// Brings the caches to `prompt`. Returns how many of its tokens were there already.
    pub async fn prefill(&mut self, prompt: &[u32]) -> Result<usize, Error> {
        self.admit(prompt)?;
        (self.owed, self.cut) = (None, false);
        // Keys that another table turned, for a text of another length, are of no use to this one.
        let same = self.turned == Some(self.model.sizes.turns.which(prompt.len()));
        let common = self.ids.iter().zip(prompt).take_while(|(a, b)| same && a == b).count();
        if let Some((_, ready)) = self.prompt.as_ref().filter(|(p, _)| p == prompt && common == prompt.len()) {
            self.answer = Some(ready.clone());
            self.ids.truncate(common);
            return Ok(common);
        }
        // The last token runs in any case: its logits are what comes next.
        let common = common.min(prompt.len() - 1);
        self.ids.truncate(common);
        let rest: Vec<&[u32]> = prompt[common..].chunks(CHUNK).collect();
        for (i, chunk) in rest.iter().enumerate() {
            let answer = if i + 1 == rest.len() { Answer::Last } else { Answer::Nothing };
            self.feed(chunk, answer, prompt.len()).await?;
        }
        self.prompt = self.answer.clone().map(|ready| (prompt.to_vec(), ready));
        Ok(common)
    }

    /// The next ids, one at least: as many as this backend likes to compute before it is asked, and `most` at most.
    pub async fn next(&mut self, choice: Choice, most: usize) -> Result<Vec<u32>, Error> {
        choice.check()?;
        // The penalty needs to know an id before the next one is drawn.
        let ahead = if choice.how.penalty == 1.0 { self.model.backend.caps().ahead.max(1) } else { 1 };
        self.again().await?;
        let ahead = ahead.min(most).min(self.before_border()).max(1);
        if std::mem::replace(&mut self.cut, true) {
            return Err(Error::bug("the last answer was cut off; a prompt must come first"));
        }
        let mut fed = 0;
        for place in 0..ahead {
            if place > 0 || self.owed.is_some() {
                if self.ids.len() + fed >= self.room {
                    if place > 0 {
                        break;
                    }
                    self.cut = false;
                    return Err(Error::new(
                        "context",
                        format!("the context of {} tokens is full", self.room),
                        "ask for a longer context",
                    ));
                }
                self.run(self.ids.len() + fed, None, 1, Answer::Last, 0).await?;
                fed += 1;
            }
            self.draw(choice, self.ids.len() + fed, place).await?;
        }
        let bytes = self.model.backend.read(&self.drawn).await?;
        let owed = self.owed.take();
        let count = fed + owed.is_none() as usize;
        let drawn: Vec<u32> = words(&bytes).take(count).collect();
        if drawn.contains(&NONE) {
            return Err(broken());
        }
        // Fed were the one owed from before and all drawn now but the last.
        self.ids.extend(owed.into_iter().chain(drawn.iter().copied()).take(fed));
        (self.owed, self.cut) = (drawn.last().copied(), false);
        Ok(drawn)
    }

    /// Logits of the next id.
    pub async fn logits(&mut self) -> Result<Vec<f32>, Error> {
        self.again().await?;
        if let Some(id) = self.owed.take() {
            self.feed(&[id], Answer::Last, 0).await?;
        }
        let ready = self.answered()?;
        let logits = ready.logits.ok_or_else(|| Error::bug("the last pass had no answer"))?;
        let bytes = self.model.backend.read(ready.prepared.handle(logits)).await?;
        let logits: Vec<f32> = words(&bytes).map(f32::from_bits).collect();
        match logits.iter().any(|v| v.is_nan() || *v == f32::INFINITY) {
            true => Err(broken()),
            false => Ok(logits),
        }
    }

    /// One given token more.
    pub async fn push(&mut self, id: u32) -> Result<(), Error> {
        self.admit(&[id])?;
        self.owed = Some(id);
        self.again().await?;
        match self.owed.take() {
            Some(id) => self.feed(&[id], Answer::Last, 0).await,
            None => Ok(()),
        }
    }

    /// Logits after every token of `ids`, from an empty cache: what measuring needs. `seen` gets them chunk by chunk.
    pub async fn every(&mut self, ids: &[u32], mut seen: impl FnMut(&[f32])) -> Result<(), Error> {
        self.admit(ids)?;
        (self.owed, self.prompt) = (None, None);
        self.ids.clear();
        for chunk in ids.chunks(CHUNK) {
            self.feed(chunk, Answer::All, ids.len()).await?;
            seen(&self.logits().await?);
        }
        Ok(())
    }

    fn answered(&self) -> Result<&Rc<Ready>, Error> {
        self.answer.as_ref().ok_or_else(|| Error::bug("an answer was asked for before any prompt"))
    }

    fn admit(&self, prompt: &[u32]) -> Result<(), Error> {
        let bad = |what: String, hint: &str| Err(Error::new("prompt", what, hint));
        if prompt.is_empty() {
            return bad("the prompt is empty".into(), "ask something");
        }
        if prompt.len() > self.room {
            return bad(
                format!("the prompt has {} tokens, the context room for {}", prompt.len(), self.room),
                "shorten it, or ask for a longer context",
            );
        }
        let vocab = self.model.sizes.vocab;
        let shown = |id: &u32| self.album.as_ref().is_some_and(|album| album.numbers.contains(id));
        match prompt.iter().find(|id| **id as usize >= vocab && !shown(id)) {
            Some(id) => bad(
                format!("the id {id} is beyond the model's {vocab}"),
                "give ids of this model; where text was given, the tokenizer is another model's",
            ),
            None => Ok(()),
        }
    }

    async fn feed(&mut self, ids: &[u32], answer: Answer, all: usize) -> Result<(), Error> {
        if self.ids.len() + ids.len() > self.room {
            return Err(Error::new(
                "context",
                format!("the context of {} tokens is full", self.room),
                "ask for a longer context",
            ));
        }
        self.run(self.ids.len(), Some(ids), ids.len(), answer, all).await?;
        self.ids.extend_from_slice(ids);
        Ok(())
    }

    /// One pass over rows that stand at `start`; without ids, over the one drawn last. `all` are the tokens of the text that is
    /// read, for the bill.
    async fn run(
        &mut self,
        start: usize,
        ids: Option<&[u32]>,
        rows: usize,
        answer: Answer,
        all: usize,
    ) -> Result<(), Error> {
        let vocab = self.model.sizes.vocab as u32;
        let numbers = self.album.as_ref().map_or(vocab..vocab, |album| album.numbers.clone());
        let seen = ids.is_some_and(|ids| ids.iter().any(|id| *id >= vocab));
        let album = if seen { numbers.len() } else { 0 };
        let ready = self.ready(Pass { rows, answer, room: self.room, cache: self.cache, album }).await?;
        let (start, backend) = (start as u32, &self.model.backend);
        if let Some(ids) = ids {
            // Rows of pictures have some word, too, and do not choose it.
            let words = ids.iter().map(|id| if *id < vocab { *id } else { 0 });
            backend.write(ready.prepared.handle(ready.ids), 0, &bytes(words))?;
        }
        if let (Some(which), Some(ids)) = (ready.which, ids) {
            let row = |(i, id): (usize, &u32)| match *id {
                id if id < vocab => i as u32,
                number => rows as u32 + (number - numbers.start),
            };
            backend.write(ready.prepared.handle(which), 0, &bytes(ids.iter().enumerate().map(row)))?;
        }
        backend.write(ready.prepared.handle(ready.pos), 0, &bytes((0..rows as u32).map(|i| start + i)))?;
        // A prompt is one text in all of its parts.
        let (turns, tokens) = (&self.model.sizes.turns, all.max(start as usize + rows));
        if let Some(table) = ready.turns {
            let pairs = turns.table(tokens).into_iter().map(f32::to_bits);
            backend.write(ready.prepared.handle(table), 0, &bytes(pairs))?;
        }
        let which = turns.which(tokens);
        self.turned = Some(which).filter(|which| start == 0 || self.turned == Some(*which));
        // Until it is done, what was last answered may be half overwritten.
        self.answer = None;
        if self.prompt.as_ref().is_some_and(|(_, r)| Rc::ptr_eq(r, &ready)) {
            self.prompt = None;
        }
        let values = [start, start + rows as u32];
        self.go(&ready.rec, &ready.prepared, &values).await?;
        self.bill.set(self.bill.get().and(bill::pass(&ready.rec, [start as usize, start as usize + rows], all)?));
        self.answer = Some(ready);
        Ok(())
    }

    /// Draws the id that stands at `step`, into `place` of those not read yet.
    async fn draw(&mut self, choice: Choice, step: usize, place: usize) -> Result<(), Error> {
        let recents = if choice.how.penalty == 1.0 { vec![] } else { self.recent_ids() };
        if !recents.is_empty() {
            self.model.backend.write(&self.recent, 0, &bytes(recents.iter().copied()))?;
        }
        let [gain, relief, sharpness, top_k, top_p, min_p] = choice.how.words();
        let (count, seed) = (recents.len() as u32, choice.seed);
        let values = [count, gain, relief, sharpness, top_k, top_p, min_p, seed, step as u32, place as u32];
        let ready = self.answered()?.clone();
        let draw = ready.draw.as_ref().ok_or_else(|| Error::bug("the last pass has no single answer to draw from"))?;
        self.go(&draw.0, &draw.1, &values).await
    }

    async fn go(&mut self, rec: &Recording, what: &Prepared, values: &[u32]) -> Result<(), Error> {
        match &mut self.profile {
            Some(profile) => profile.run(self.model.backend.as_ref(), &self.model.host, rec, what, values).await,
            None => self.model.backend.run(what, values).await,
        }
    }

    /// What was said last, the id on its way into the caches included.
    fn recent_ids(&self) -> Vec<u32> {
        let owed = self.owed.as_slice();
        let from = (self.ids.len() + owed.len()).saturating_sub(RECENT).min(self.ids.len());
        let vocab = self.model.sizes.vocab;
        self.ids[from..].iter().chain(owed).copied().filter(|id| (*id as usize) < vocab).collect()
    }

    /// A pass made ready, or the one from before.
    async fn ready(&mut self, pass: Pass) -> Result<Rc<Ready>, Error> {
        if let Some(i) = self.passes.iter().position(|(p, _)| *p == pass) {
            let kept = self.passes.remove(i);
            self.passes.push(kept.clone());
            return Ok(kept.1);
        }
        let recorded = self.model.record(pass)?;
        let backend = self.model.backend.clone();
        let mut bound = vec![];
        if pass.rows == 1 {
            bound.push((recorded.ids, self.next.clone()));
        }
        if let (Some([rows, _]), Some(album)) = (recorded.album, &self.album) {
            bound.push((rows, album.rows.clone()));
        }
        for want in &recorded.wants {
            let handle = match want.place {
                Place::Model => self.model.weight(&want.name)?.clone(),
                Place::Session => match self.state.get(&want.name) {
                    Some(handle) => handle.clone(),
                    None => {
                        let handle = backend.create(want.kind, want.rows)?;
                        self.state.insert(want.name.clone(), handle.clone());
                        handle
                    }
                },
            };
            bound.push((want.buf, handle));
        }
        let prepared = backend.prepare(&recorded.rec, &bound).await?;
        if let Some(last) = recorded.last {
            backend.write(prepared.handle(last), 0, &bytes([pass.rows as u32 - 1].into_iter()))?;
        }
        let draw = match recorded.logits {
            Some(logits) if pass.answer == Answer::Last => {
                let d = draw(self.model.sizes.vocab, RECENT, self.drawn.len);
                let logits = prepared.handle(logits).clone();
                let ours = [(d.recent, &self.recent), (d.next, &self.next), (d.drawn, &self.drawn)];
                let mut bound: Vec<(Buf, Handle)> = ours.map(|(buf, handle)| (buf, handle.clone())).into();
                bound.push((d.logits, logits));
                let prepared = backend.prepare(&d.rec, &bound).await?;
                Some((d.rec, prepared))
            }
            _ => None,
        };
        let Recorded { rec, ids, pos, album, turns, logits, .. } = recorded;
        let which = album.map(|[_, which]| which);
        let ready = Rc::new(Ready { rec, prepared, ids, pos, which, turns, logits, draw });
        if self.passes.len() == KEPT {
            self.passes.remove(0);
        }
        self.passes.push((pass, ready.clone()));
        Ok(ready)
    }
}

/// Of logits nobody can choose by.
fn broken() -> Error {
    let what = "the model's scores for the next token are no finite numbers";
    Error::new("numbers", what, "its file may be damaged; if it is not, load it with f32 instead of halves or bytes")
}

fn bytes(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|w| u32::from_le_bytes(*w))
}
