//! A list of steps over typed buffers. Models append to it and never see a value; backends run it.

use crate::{Access, Error, Kind, OpSpec, Slot};

/// What a buffer is for, which decides who makes it and how long it lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Bound by the caller, never written.
    Weight,
    /// Bound by the caller, kept from run to run: caches.
    State,
    /// Written by the caller before a run.
    Input,
    /// Exists only inside a run.
    Temp,
    /// Read by the caller after a run.
    Output,
}

/// A buffer of one recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Buf(pub u32);

#[derive(Clone)]
pub struct BufDef {
    pub name: String,
    pub role: Role,
    pub kind: Kind,
    /// Numbers it holds.
    pub len: usize,
    /// Numbers in a row of a matrix, which a backend may lay out as it likes; 0 where the buffer is plain.
    pub cols: usize,
}

/// One parameter of a step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Word {
    Fixed(u32),
    /// Looked up in the run's small block of values, so that a decode step is recorded once and replayed.
    Run(u32),
}

impl From<u32> for Word {
    fn from(v: u32) -> Word {
        Word::Fixed(v)
    }
}
impl From<f32> for Word {
    fn from(v: f32) -> Word {
        Word::Fixed(v.to_bits())
    }
}

#[derive(Clone)]
pub struct Step {
    pub op: &'static OpSpec,
    pub words: Vec<Word>,
    pub bufs: Vec<Buf>,
}

impl Step {
    /// The parameters of one run.
    pub fn resolve(&self, run: &[u32]) -> Result<Vec<u32>, Error> {
        let one = |w: &Word| match *w {
            Word::Fixed(v) => Ok(v),
            Word::Run(i) => run.get(i as usize).copied().ok_or_else(|| {
                Error::bug(format!("{}: run value {i} is missing, {} were given", self.op.stem, run.len()))
            }),
        };
        self.words.iter().map(one).collect()
    }
}

#[derive(Clone, Default)]
pub struct Recording {
    pub bufs: Vec<BufDef>,
    pub steps: Vec<Step>,
    run_values: Vec<(&'static str, u32)>,
}

impl Recording {
    pub fn buffer(&mut self, name: impl Into<String>, role: Role, kind: Kind, len: usize) -> Buf {
        self.bufs.push(BufDef { name: name.into(), role, kind, len, cols: 0 });
        Buf(self.bufs.len() as u32 - 1)
    }
    pub fn weight(&mut self, name: impl Into<String>, kind: Kind, len: usize) -> Buf {
        self.buffer(name, Role::Weight, kind, len)
    }
    /// A weight of rows that ops read one by one or multiply with: `Backend::matrix` makes its buffer.
    pub fn matrix(&mut self, name: impl Into<String>, kind: Kind, rows: usize, cols: usize) -> Buf {
        let buf = self.weight(name, kind, rows * cols);
        self.bufs[buf.0 as usize].cols = cols;
        buf
    }
    pub fn input(&mut self, name: impl Into<String>, kind: Kind, len: usize) -> Buf {
        self.buffer(name, Role::Input, kind, len)
    }
    /// A temporary of f32, which is what flows between steps.
    pub fn temp(&mut self, len: usize) -> Buf {
        self.buffer(format!("t{}", self.bufs.len()), Role::Temp, Kind::F32, len)
    }
    /// Marks a buffer as one the caller will read.
    pub fn output(&mut self, buf: Buf) {
        self.bufs[buf.0 as usize].role = Role::Output;
    }

    /// A value that may differ from run to run up to `most`; buffers are held to what `most` needs.
    pub fn run_value(&mut self, name: &'static str, most: u32) -> Word {
        let i = self.run_values.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
            self.run_values.push((name, most));
            self.run_values.len() - 1
        });
        Word::Run(i as u32)
    }
    /// Names and largest values, in the order a run gives them.
    pub fn run_values(&self) -> &[(&'static str, u32)] {
        &self.run_values
    }

    pub fn step(&mut self, op: &'static OpSpec, words: &[Word], bufs: &[Buf]) {
        self.steps.push(Step { op, words: words.to_vec(), bufs: bufs.to_vec() });
    }

    pub fn def(&self, buf: Buf) -> &BufDef {
        &self.bufs[buf.0 as usize]
    }

    /// Kinds of a step's buffers, in slot order.
    pub fn kinds(&self, step: &Step) -> Vec<Kind> {
        step.bufs.iter().map(|b| self.def(*b).kind).collect()
    }

    /// Every step against its op's row: number of buffers and parameters, formats, sizes, and that no buffer is
    /// written while it is read. `Prepared::bind` calls it, so no backend runs what has not been checked.
    pub fn check(&self) -> Result<(), Error> {
        let run: Vec<u32> = self.run_values.iter().map(|(_, most)| *most).collect();
        for (i, step) in self.steps.iter().enumerate() {
            let at = |what: String| Error::bug(format!("step {i} ({}): {what}", step.op.stem));
            if step.bufs.len() != step.op.slots.len() || step.words.len() != step.op.fields.len() {
                return Err(at(format!("{} buffers and {} parameters", step.bufs.len(), step.words.len())));
            }
            let sizes = (step.op.shape)(&step.resolve(&run)?)?;
            for ((slot, &buf), need) in step.op.slots.iter().zip(&step.bufs).zip(sizes) {
                let def = self.bufs.get(buf.0 as usize).ok_or_else(|| at(format!("no buffer {}", buf.0)))?;
                // The first slot with a choice picks the variant; the others take the same place in their lists.
                let place = |slot: &Slot, kind| slot.kinds.iter().position(|k| *k == kind);
                let chosen = step.op.variant_slot().and_then(|i| place(&step.op.slots[i], self.def(step.bufs[i]).kind));
                let found = place(slot, def.kind);
                if found.is_none() || slot.kinds.len() > 1 && found != chosen {
                    return Err(at(format!("'{}' for slot '{}' is {:?}", def.name, slot.name, def.kind)));
                }
                if def.len < need {
                    return Err(at(format!(
                        "'{}' holds {} numbers, slot '{}' needs {need}",
                        def.name, def.len, slot.name
                    )));
                }
                if slot.access != Access::Read {
                    if def.role == Role::Weight {
                        return Err(at(format!("weight '{}' would be written", def.name)));
                    }
                    if step.bufs.iter().filter(|b| **b == buf).count() > 1 {
                        return Err(at(format!("'{}' is written and used by another slot", def.name)));
                    }
                }
            }
        }
        Ok(())
    }
}
