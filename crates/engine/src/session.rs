//! The only loop of prefill and decode. It deals in ids; text is above it, recordings below.
//!
//! What the caches hold is a list of ids. A prompt that begins with it, or with a part of it, starts where they part.
//! A future dropped half-way leaves the list as it was before: rows written beyond it are written again.

use crate::load::Model;
use squint_nn::Place;
use squint_nn::decoder::{Answer, Pass};
use squint_ops::{Buf, Error, Handle, Kind, Prepared};
use std::{collections::BTreeMap, rc::Rc};

/// Rows of a prompt that run at once: enough to share a weight among many rows, few enough to keep temporaries small.
pub const CHUNK: usize = 128;
/// Prepared passes kept: decode, whole chunks, the remainders of recent prompts.
const KEPT: usize = 6;

pub struct Session {
    pub model: Rc<Model>,
    room: usize,
    cache: Kind,
    /// Caches by name.
    state: BTreeMap<String, Handle>,
    /// What the caches hold.
    ids: Vec<u32>,
    passes: Vec<(Pass, Rc<Ready>)>,
    /// The pass that ran last and whose answer stands for all of `ids`.
    answer: Option<Rc<Ready>>,
    /// The last prompt and the pass that answered it: asked again, nothing of it runs again.
    prompt: Option<(Vec<u32>, Rc<Ready>)>,
}

struct Ready {
    prepared: Prepared,
    ids: Buf,
    pos: Buf,
    logits: Option<Buf>,
    best: Option<Buf>,
}

impl Session {
    /// `room` is how many tokens of prompt and answer together the caches hold.
    pub fn new(model: Rc<Model>, room: usize, cache: Kind) -> Result<Session, Error> {
        if room == 0 || room > model.sizes.context {
            return Err(Error::new(
                "context",
                format!("a context of {room} tokens; this model can have 1 to {}", model.sizes.context),
                "choose a context in between",
            ));
        }
        let state = BTreeMap::new();
        Ok(Session { model, room, cache, state, ids: vec![], passes: vec![], answer: None, prompt: None })
    }

    pub fn ids(&self) -> &[u32] {
        &self.ids
    }
    pub fn room(&self) -> usize {
        self.room
    }

    /// Brings the caches to `prompt`. Returns how many of its tokens were there already.
    pub async fn prefill(&mut self, prompt: &[u32]) -> Result<usize, Error> {
        self.admit(prompt)?;
        let common = self.ids.iter().zip(prompt).take_while(|(a, b)| a == b).count();
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
            self.feed(chunk, answer).await?;
        }
        self.prompt = self.answer.clone().map(|ready| (prompt.to_vec(), ready));
        Ok(common)
    }

    /// One more token.
    pub async fn push(&mut self, id: u32) -> Result<(), Error> {
        if self.ids.len() == self.room {
            return Err(Error::new(
                "context",
                format!("the context of {} tokens is full", self.room),
                "ask for a longer context",
            ));
        }
        self.feed(&[id], Answer::Last).await
    }

    /// The likeliest next id.
    pub async fn best(&self) -> Result<u32, Error> {
        let (ready, best) = self.answered(|r| r.best)?;
        let bytes = self.model.backend.read(ready.prepared.handle(best)).await?;
        words(&bytes).next().ok_or_else(|| Error::bug("an answer without an id"))
    }

    /// Logits of the next id.
    pub async fn logits(&self) -> Result<Vec<f32>, Error> {
        let (ready, logits) = self.answered(|r| r.logits)?;
        let bytes = self.model.backend.read(ready.prepared.handle(logits)).await?;
        Ok(words(&bytes).map(f32::from_bits).collect())
    }

    /// Logits after every token of `ids`, from an empty cache: what measuring needs. `seen` gets them chunk by chunk.
    pub async fn every(&mut self, ids: &[u32], mut seen: impl FnMut(&[f32])) -> Result<(), Error> {
        self.admit(ids)?;
        self.ids.clear();
        for chunk in ids.chunks(CHUNK) {
            self.feed(chunk, Answer::All).await?;
            seen(&self.logits().await?);
        }
        Ok(())
    }

    fn answered(&self, which: impl Fn(&Ready) -> Option<Buf>) -> Result<(&Ready, Buf), Error> {
        let ready = self.answer.as_deref().ok_or_else(|| Error::bug("an answer was asked for before any prompt"))?;
        Ok((ready, which(ready).ok_or_else(|| Error::bug("the last pass had no answer"))?))
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
        match prompt.iter().find(|id| **id as usize >= vocab) {
            Some(id) => bad(format!("the id {id} is beyond the model's {vocab}"), "the tokenizer is of another model"),
            None => Ok(()),
        }
    }

    async fn feed(&mut self, ids: &[u32], answer: Answer) -> Result<(), Error> {
        let pass = Pass { rows: ids.len(), answer, room: self.room, cache: self.cache };
        let ready = self.ready(pass).await?;
        let (start, backend) = (self.ids.len() as u32, &self.model.backend);
        backend.write(ready.prepared.handle(ready.ids), 0, &bytes(ids.iter().copied()))?;
        backend.write(ready.prepared.handle(ready.pos), 0, &bytes((0..ids.len() as u32).map(|i| start + i)))?;
        // Until it is done, what was last answered may be half overwritten.
        self.answer = None;
        if self.prompt.as_ref().is_some_and(|(_, r)| Rc::ptr_eq(r, &ready)) {
            self.prompt = None;
        }
        backend.run(&ready.prepared, &[start, start + ids.len() as u32]).await?;
        self.ids.extend_from_slice(ids);
        self.answer = Some(ready);
        Ok(())
    }

    /// A pass made ready, or the one from before.
    async fn ready(&mut self, pass: Pass) -> Result<Rc<Ready>, Error> {
        if let Some(i) = self.passes.iter().position(|(p, _)| *p == pass) {
            let kept = self.passes.remove(i);
            self.passes.push(kept.clone());
            return Ok(kept.1);
        }
        let recorded = self.model.record(pass)?;
        let mut bound = vec![];
        for want in &recorded.wants {
            let handle = match want.place {
                Place::Model => self.model.weight(&want.name)?.clone(),
                Place::Session => match self.state.get(&want.name) {
                    Some(handle) => handle.clone(),
                    None => {
                        let handle = self.model.backend.create(want.kind, want.rows)?;
                        self.state.insert(want.name.clone(), handle.clone());
                        handle
                    }
                },
            };
            bound.push((want.buf, handle));
        }
        let prepared = self.model.backend.prepare(&recorded.rec, &bound).await?;
        if let Some(last) = recorded.last {
            self.model.backend.write(prepared.handle(last), 0, &bytes([pass.rows as u32 - 1].into_iter()))?;
        }
        let (ids, pos, logits, best) = (recorded.ids, recorded.pos, recorded.logits, recorded.best);
        let ready = Rc::new(Ready { prepared, ids, pos, logits, best });
        if self.passes.len() == KEPT {
            self.passes.remove(0);
        }
        self.passes.push((pass, ready.clone()));
        Ok(ready)
    }
}

fn bytes(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|w| u32::from_le_bytes(*w))
}
