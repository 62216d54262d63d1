//! A recording under construction, with what it needs from outside: weights and caches, by name.

use crate::Catalog;
use squint_ops::{Buf, Error, Kind, Recording, Role};

pub struct Net<'a> {
    pub rec: Recording,
    catalog: &'a dyn Catalog,
    wants: Vec<Want>,
}

/// A buffer that must be bound before the recording can run.
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    pub buf: Buf,
    /// Names joined by `+` are matrices stacked row upon row.
    pub name: String,
    pub place: Place,
    pub kind: Kind,
    pub rows: usize,
    /// 0 where the buffer is plain.
    pub cols: usize,
    /// What is in it, where the recipe makes it and no file has it.
    pub made: Option<Vec<f32>>,
}

/// Who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The model, for all its sessions.
    Model,
    /// One session: caches.
    Session,
}

impl<'a> Net<'a> {
    pub fn new(catalog: &'a dyn Catalog) -> Net<'a> {
        Net { rec: Recording::default(), catalog, wants: vec![] }
    }

    pub fn finish(self) -> (Recording, Vec<Want>) {
        (self.rec, self.wants)
    }

    fn want(&mut self, name: &str, place: Place, kind: Kind, [rows, cols]: [usize; 2]) -> Buf {
        // Asked for twice it is the same buffer: a head tied to the embedding.
        if let Some(w) = self.wants.iter().find(|w| w.name == name) {
            return w.buf;
        }
        let buf = match (place, cols) {
            (Place::Session, _) => self.rec.buffer(name, Role::State, kind, rows),
            (_, 0) => self.rec.weight(name, kind, rows),
            _ => self.rec.matrix(name, kind, rows, cols),
        };
        self.wants.push(Want { buf, name: name.into(), place, kind, rows, cols, made: None });
        buf
    }

    /// A matrix of the checkpoint, in whatever format it comes.
    pub fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Buf, Error> {
        let kind = self.catalog.kind(name, &[rows, cols])?.ok_or_else(|| self.missing(name))?;
        Ok(self.want(name, Place::Model, kind, [rows, cols]))
    }

    /// A vector of the checkpoint: norms and biases are small and stay f32.
    pub fn vector(&mut self, name: &str, len: usize) -> Result<Buf, Error> {
        self.optional_vector(name, len)?.ok_or_else(|| self.missing(name))
    }
    pub fn optional_vector(&mut self, name: &str, len: usize) -> Result<Option<Buf>, Error> {
        let there = self.catalog.kind(name, &[len])?.is_some();
        Ok(there.then(|| self.want(name, Place::Model, Kind::F32, [len, 0])))
    }

    fn missing(&self, name: &str) -> Error {
        let what = format!("the weight '{}' is not in the checkpoint", self.catalog.published(name));
        Error::new("missing", what, "the file is not of this family, or cut")
    }

    pub fn has(&self, name: &str, rows: usize, cols: usize) -> Result<bool, Error> {
        Ok(self.catalog.kind(name, &[rows, cols])?.is_some())
    }

    /// Numbers that follow from the model's sizes: tables of positions.
    pub fn made(&mut self, name: &str, values: &[f32]) -> Buf {
        let buf = self.want(name, Place::Model, Kind::F32, [values.len(), 0]);
        if let Some(want) = self.wants.iter_mut().find(|w| w.buf == buf) {
            want.made.get_or_insert_with(|| values.to_vec());
        }
        buf
    }

    /// A buffer that outlives runs, made of zeros by the session.
    pub fn state(&mut self, name: &str, kind: Kind, len: usize) -> Buf {
        self.want(name, Place::Session, kind, [len, 0])
    }

    /// x: [rows, ins] → [rows, outs]: `name.weight`, and `name.bias` where the checkpoint has one.
    pub fn linear(&mut self, x: Buf, name: &str, ins: usize, outs: usize) -> Result<Buf, Error> {
        let w = self.matrix(&format!("{name}.weight"), outs, ins)?;
        let y = self.rec.matmul(x, w, ins);
        match self.optional_vector(&format!("{name}.bias"), outs)? {
            Some(bias) => Ok(self.rec.add(y, bias)),
            None => Ok(y),
        }
    }

    /// Several linear layers of one input as one, their outputs side by side: [rows, Σ outs]. None where their formats
    /// differ or one has a bias, and they have to be asked for one by one.
    pub fn stacked(&mut self, x: Buf, ins: usize, parts: &[(String, usize)]) -> Result<Option<Buf>, Error> {
        let mut kinds = vec![];
        for (name, outs) in parts {
            if self.catalog.kind(&format!("{name}.bias"), &[*outs])?.is_some() {
                return Ok(None);
            }
            let weight = format!("{name}.weight");
            kinds.push(self.catalog.kind(&weight, &[*outs, ins])?.ok_or_else(|| self.missing(&weight))?);
        }
        if kinds.windows(2).any(|k| k[0] != k[1]) {
            return Ok(None);
        }
        let name = parts.iter().map(|(n, _)| format!("{n}.weight")).collect::<Vec<_>>().join("+");
        let outs = parts.iter().map(|(_, outs)| outs).sum();
        let w = self.want(&name, Place::Model, kinds[0], [outs, ins]);
        Ok(Some(self.rec.matmul(x, w, ins)))
    }
}
