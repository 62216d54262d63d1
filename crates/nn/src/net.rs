//! A recording under construction, with what it needs from outside: weights and caches, by name.

use crate::Catalog;
use squint_ops::op::Shuffle;
use squint_ops::{Buf, Error, Grid, Kind, Recording, Role, Window};

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
    /// A row is channel after channel in the file and cell after cell here: how many channels; 0 where rows stay.
    pub chans: usize,
    /// Added to each number of the file.
    pub plus: f32,
    /// A tensor of the file that what the recipe made is divided by.
    pub over: Option<String>,
    /// Columns of the file's matrix are rows here.
    pub turned: bool,
    /// The file has the logarithm of what is subtracted.
    pub decay: bool,
}

/// How rows are brought to one size before a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Norm {
    /// By their root mean square; `plus` is added to the weights, which some files keep as what they differ from one.
    Rms { plus: f32 },
    /// By their mean and deviation, with a bias.
    Layer,
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
        self.wants.push(Want {
            buf,
            name: name.into(),
            place,
            kind,
            rows,
            cols,
            made: None,
            chans: 0,
            plus: 0.0,
            over: None,
            turned: false,
            decay: false,
        });
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

    /// A table of the checkpoint that is added to rows, not multiplied with them: it stays f32. Its shape is as published.
    pub fn table(&mut self, name: &str, shape: &[usize]) -> Result<Buf, Error> {
        self.catalog.kind(name, shape)?.ok_or_else(|| self.missing(name))?;
        Ok(self.want(name, Place::Model, Kind::F32, [shape.iter().product(), 0]))
    }

    /// The same where the checkpoint has it.
    pub fn optional_table(&mut self, name: &str, shape: &[usize]) -> Result<Option<Buf>, Error> {
        let there = self.catalog.kind(name, shape)?.is_some();
        if there { self.table(name, shape).map(Some) } else { Ok(None) }
    }

    /// −exp of a table: by how much something fades, whose logarithm checkpoints have.
    pub fn decay(&mut self, name: &str, shape: &[usize]) -> Result<Buf, Error> {
        let buf = self.table(name, shape)?;
        self.wants.iter_mut().filter(|w| w.buf == buf).for_each(|w| w.decay = true);
        Ok(buf)
    }

    fn missing(&self, name: &str) -> Error {
        let what = format!("the weight {} is not in the checkpoint", self.catalog.published(name));
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

    /// Whole numbers that follow from the model's sizes: which rows are taken.
    pub fn made_ids(&mut self, name: &str, ids: &[u32]) -> Buf {
        let buf = self.want(name, Place::Model, Kind::U32, [ids.len(), 0]);
        if let Some(want) = self.wants.iter_mut().find(|w| w.buf == buf) {
            // Rows are few enough to be exact.
            want.made.get_or_insert_with(|| ids.iter().map(|i| *i as f32).collect());
        }
        buf
    }

    /// The same, divided by a tensor of the checkpoint where there is one.
    pub fn made_over(&mut self, name: &str, values: &[f32], by: &str) -> Result<Buf, Error> {
        let there = self.catalog.kind(by, &[values.len()])?.is_some();
        let buf = self.made(name, values);
        let mine = self.wants.iter_mut().filter(|w| w.buf == buf && there);
        mine.for_each(|want| want.over = Some(by.to_owned()));
        Ok(buf)
    }

    /// A buffer that outlives runs, made of zeros by the session.
    pub fn state(&mut self, name: &str, kind: Kind, len: usize) -> Buf {
        self.want(name, Place::Session, kind, [len, 0])
    }

    /// x: [rows, ins] → [rows, outs]: `name.weight`, and `name.bias` where the checkpoint has one.
    pub fn linear(&mut self, x: Buf, name: &str, ins: usize, outs: usize) -> Result<Buf, Error> {
        let w = self.matrix(&format!("{name}.weight"), outs, ins)?;
        let y = self.rec.matmul(x, w, ins);
        self.biased(y, name, outs)
    }

    /// x: [rows, ins] → [rows, outs]: x times a matrix that the checkpoint has as [ins, outs] under `name` alone.
    pub fn times(&mut self, x: Buf, name: &str, ins: usize, outs: usize) -> Result<Buf, Error> {
        let kind = self.catalog.kind(name, &[ins, outs])?.ok_or_else(|| self.missing(name))?;
        // Turned around, its blocks would have to be packed anew.
        let kind = if kind.block > 1 { Kind::F32 } else { kind };
        let w = self.want(name, Place::Model, kind, [outs, ins]);
        self.wants.iter_mut().filter(|want| want.buf == w).for_each(|want| want.turned = true);
        Ok(self.rec.matmul(x, w, ins))
    }

    /// x: [grid, chans] → [grid / side, outs]: each square of `side` × `side` cells through a linear layer. Checkpoints
    /// store it as a convolution, [outs, chans, side, side]; its rows are brought into the order of the cells at load.
    pub fn patches(&mut self, x: Buf, name: &str, on: Grid, [chans, side, outs]: [usize; 3]) -> Result<Buf, Error> {
        let squares = self.rec.pixel_shuffle(x, on, chans, Shuffle { side, back: false, down: false });
        self.linear_stored(squares, name, &[outs, chans, side, side], chans)
    }

    /// x: [rows, ins] → [rows, outs]: a linear layer that checkpoints store in another shape, [outs, …]. With `chans`, its
    /// rows are channel after channel there, and those of x cell after cell.
    pub fn linear_stored(&mut self, x: Buf, name: &str, shape: &[usize], chans: usize) -> Result<Buf, Error> {
        let (weight, outs, ins) = (format!("{name}.weight"), shape[0], shape[1..].iter().product());
        let kind = self.catalog.kind(&weight, shape)?.ok_or_else(|| self.missing(&weight))?;
        let w = self.want(&weight, Place::Model, kind, [outs, ins]);
        self.wants.iter_mut().filter(|want| want.buf == w).for_each(|want| want.chans = chans);
        let y = self.rec.matmul(x, w, ins);
        self.biased(y, name, outs)
    }

    /// x: [grid, chans] → the same channels on the window's grid, each by its own: `name.weight` as a convolution, and
    /// `name.bias` where the checkpoint has one.
    pub fn depthwise(&mut self, x: Buf, name: &str, on: Grid, chans: usize, by: Window) -> Result<(Buf, Grid), Error> {
        let w = self.table(&format!("{name}.weight"), &[chans, 1, by.size, by.size])?;
        let bias = self.optional_vector(&format!("{name}.bias"), chans)?;
        Ok(self.rec.conv2d(x, (w, bias), on, [chans, chans, chans], by))
    }

    /// y plus `name.bias`, where the checkpoint has one.
    pub fn biased(&mut self, y: Buf, name: &str, outs: usize) -> Result<Buf, Error> {
        let bias = self.optional_vector(&format!("{name}.bias"), outs)?;
        Ok(bias.map_or(y, |bias| self.rec.add(y, bias)))
    }

    /// x: [rows, cols] → the same; `name.weight` and `name.bias`.
    pub fn layer_norm(&mut self, x: Buf, name: &str, cols: usize, eps: f32) -> Result<Buf, Error> {
        let weight = self.vector(&format!("{name}.weight"), cols)?;
        let bias = self.vector(&format!("{name}.bias"), cols)?;
        Ok(self.rec.layer_norm(x, weight, bias, eps))
    }

    /// x: [rows, cols] → the same, by the norm of a family.
    pub fn norm(&mut self, x: Buf, name: &str, how: Norm, cols: usize, eps: f32) -> Result<Buf, Error> {
        match how {
            Norm::Layer => self.layer_norm(x, name, cols, eps),
            Norm::Rms { plus } => {
                let weight = self.vector(&format!("{name}.weight"), cols)?;
                self.wants.iter_mut().filter(|w| w.buf == weight).for_each(|w| w.plus = plus);
                Ok(self.rec.rms_norm(x, weight, eps))
            }
        }
    }

    /// x: [rows, ins] → the outputs of several linear layers side by side; None as in `stacked`.
    pub fn beside(&mut self, x: Buf, ins: usize, parts: &[(String, usize)]) -> Result<Option<Buf>, Error> {
        let Some((w, bias)) = self.stacked(ins, parts)? else { return Ok(None) };
        let y = self.rec.matmul(x, w, ins);
        Ok(Some(bias.map_or(y, |bias| self.rec.add(y, bias))))
    }

    /// The same one by one.
    pub fn apart(&mut self, x: Buf, ins: usize, parts: &[(String, usize)]) -> Result<Vec<Buf>, Error> {
        parts.iter().map(|(name, outs)| self.linear(x, name, ins, *outs)).collect()
    }

    /// The weights of several linear layers of one input as one, row upon row, and their biases: outputs come out side by
    /// side. None where formats differ, parts end within a word or only some have biases, and they have to be asked for one
    /// by one. A checkpoint may have them as one already: `attn.q`, `attn.k` and `attn.v` as `attn.q_k_v`.
    pub fn stacked(&mut self, ins: usize, parts: &[(String, usize)]) -> Result<Option<(Buf, Option<Buf>)>, Error> {
        let outs = parts.iter().map(|(_, outs)| outs).sum();
        let (fused, first) = (fused(parts), format!("{}.weight", parts[0].0));
        let weight = format!("{fused}.weight");
        // Asked for in this order: a file may call the fused one what others call a part.
        if self.catalog.kind(&first, &[parts[0].1, ins])?.is_none() && self.has(&weight, outs, ins)? {
            let weight = self.matrix(&weight, outs, ins)?;
            return Ok(Some((weight, self.optional_vector(&format!("{fused}.bias"), outs)?)));
        }
        let (mut kinds, mut biases) = (vec![], 0);
        for (name, outs) in parts {
            biases += self.catalog.kind(&format!("{name}.bias"), &[*outs])?.is_some() as usize;
            let weight = format!("{name}.weight");
            kinds.push(self.catalog.kind(&weight, &[*outs, ins])?.ok_or_else(|| self.missing(&weight))?);
        }
        // Parts of halves may end within a word, and words are what devices write.
        let within = |outs: &usize| kinds[0].block == 1 && !kinds[0].bytes_of(outs * ins).is_multiple_of(4);
        let apart = kinds.windows(2).any(|k| k[0] != k[1]) || parts.iter().any(|(_, outs)| within(outs));
        if apart || (biases > 0 && biases < parts.len()) {
            return Ok(None);
        }
        let joined = |what: &str| parts.iter().map(|(n, _)| format!("{n}.{what}")).collect::<Vec<_>>().join("+");
        let weight = self.want(&joined("weight"), Place::Model, kinds[0], [outs, ins]);
        let bias = (biases > 0).then(|| self.want(&joined("bias"), Place::Model, Kind::F32, [outs, 0]));
        Ok(Some((weight, bias)))
    }
}

/// One name for several linear layers: the first one's, with what the others end in after it.
fn fused(parts: &[(String, usize)]) -> String {
    let (first, others) = (&parts[0].0, parts[1..].iter());
    others.fold(first.clone(), |all, (name, _)| format!("{all}_{}", name.rsplit('.').next().unwrap_or(name)))
}
