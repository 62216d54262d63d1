//! Random legal instances of an op. Tests draw many, the probe on a visitor's device draws a few, and both hold
//! the backend against the twin.

use crate::{Backend, Buf, Error, Kind, OpSpec, Recording, Reference};

/// SplitMix64: small, seedable, the same everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Uniform in 0..n; the same on 32 and 64 bits.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
    /// Uniform in [-1, 1).
    pub fn number(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
    pub fn coin(&mut self) -> bool {
        self.bits() >> 63 == 1
    }
    /// From `low` to `high`, both possible; small sizes and the ends come often, because mistakes live there.
    pub fn size(&mut self, low: usize, high: usize) -> usize {
        match self.bits() % 8 {
            0 => low,
            1 => high,
            2 => low + (high - low).min(self.below(5)),
            _ => low + self.below(high - low + 1),
        }
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// One instance: a recording of one step, the bytes of its inputs, the buffer to compare.
pub struct Case {
    pub name: String,
    pub rec: Recording,
    pub inputs: Vec<(Buf, Vec<u8>)>,
    pub outputs: Vec<Buf>,
    /// For ops that multiply with weights: the standard deviation of an answer over all drawings, 0 for others. Errors
    /// are measured by it where the answers at hand happen to be smaller: they come from what is summed, not from sums
    /// that happen to be near zero.
    pub typical: f32,
}

impl Case {
    pub fn new(name: String) -> Case {
        Case { name, rec: Recording::default(), inputs: vec![], outputs: vec![], typical: 0.0 }
    }
    /// An f32 input of `len` numbers in [-1, 1).
    pub fn numbers(&mut self, rng: &mut Rng, len: usize) -> Buf {
        self.weights(rng, Kind::F32, len)
    }
    /// An f32 input of `len` numbers in [-size, size).
    pub fn spread(&mut self, rng: &mut Rng, len: usize, size: f32) -> Buf {
        let values: Vec<f32> = (0..len).map(|_| size * rng.number()).collect();
        self.stored(Kind::F32, &values)
    }
    /// A weight of `rows` × `cols` numbers in [-1, 1), stored as `kind`, in the backend's own layout.
    pub fn matrix(&mut self, rng: &mut Rng, kind: Kind, rows: usize, cols: usize) -> Buf {
        let values: Vec<f32> = (0..rows * cols).map(|_| rng.number()).collect();
        let buf = self.rec.matrix(format!("in{}", self.inputs.len()), kind, rows, cols);
        self.inputs.push((buf, kind.pack_all(&values)));
        buf
    }
    /// `len` numbers in [-1, 1), stored as `kind`.
    pub fn weights(&mut self, rng: &mut Rng, kind: Kind, len: usize) -> Buf {
        let values: Vec<f32> = (0..len).map(|_| rng.number()).collect();
        self.stored(kind, &values)
    }
    /// An f32 input of `len` numbers, each one of `levels` values.
    pub fn levels(&mut self, rng: &mut Rng, len: usize, levels: usize) -> Buf {
        let values: Vec<f32> = (0..len).map(|_| rng.below(levels) as f32 - levels as f32 / 2.0).collect();
        self.stored(Kind::F32, &values)
    }
    /// Numbers in [-1, 1), of which one is none or has no end.
    pub fn broken(&mut self, rng: &mut Rng, len: usize) -> Buf {
        let mut values: Vec<f32> = (0..len).map(|_| rng.number()).collect();
        values[rng.below(len)] = *rng.pick(&[f32::NAN, -f32::NAN, f32::INFINITY]);
        self.stored(Kind::F32, &values)
    }
    /// What is added to scores: numbers in [-1, 1), of which a mask hides none, some or all.
    pub fn biases(&mut self, rng: &mut Rng, len: usize) -> Buf {
        let hidden = *rng.pick(&[0, 0, 1, 3]);
        let one = |_| if rng.below(3) < hidden { f32::MIN } else { rng.number() };
        let values: Vec<f32> = (0..len).map(one).collect();
        self.stored(Kind::F32, &values)
    }
    /// These numbers, stored as `kind`.
    pub fn stored(&mut self, kind: Kind, values: &[f32]) -> Buf {
        let buf = self.rec.input(format!("in{}", self.inputs.len()), kind, values.len());
        self.inputs.push((buf, kind.pack_all(values)));
        buf
    }
    /// `len` whole numbers below `below`.
    pub fn ids(&mut self, rng: &mut Rng, len: usize, below: usize) -> Buf {
        let bytes = (0..len).flat_map(|_| (rng.below(below) as u32).to_le_bytes()).collect();
        let buf = self.rec.input(format!("in{}", self.inputs.len()), Kind::U32, len);
        self.inputs.push((buf, bytes));
        buf
    }
    pub fn output(mut self, buf: Buf) -> Case {
        self.rec.output(buf);
        self.outputs.push(buf);
        self
    }

    /// Runs it and returns the outputs, each as f32.
    pub async fn run(&self, on: &dyn Backend) -> Result<Vec<Vec<f32>>, Error> {
        let mut bound = vec![];
        for (buf, bytes) in &self.inputs {
            let def = self.rec.def(*buf);
            let handle = match def.cols {
                0 => on.create(def.kind, def.len)?,
                cols => on.matrix(def.kind, def.len / cols, cols)?,
            };
            on.write(&handle, 0, bytes)?;
            bound.push((*buf, handle));
        }
        let ready = on.prepare(&self.rec, &bound).await?;
        on.run(&ready, &[]).await?;
        let mut out = vec![];
        for buf in &self.outputs {
            let handle = ready.handle(*buf);
            out.push(handle.kind.unpack_all(&on.read(handle).await?));
        }
        Ok(out)
    }
}

/// How one op fared on one backend.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub cases: usize,
    /// Largest error, relative to the largest number of the twin's answer.
    pub worst: f32,
    /// The largest allowed in that case.
    pub limit: f32,
    /// The case it happened in.
    pub at: String,
    pub ok: bool,
}

/// Draws `cases` instances of an op and compares a backend with the twin.
pub async fn compare(op: &'static OpSpec, on: &dyn Backend, seed: u64, cases: usize) -> Result<Verdict, Error> {
    let reference = Reference::default();
    let mut verdict = Verdict { cases, worst: 0.0, limit: op.tolerance.limit, at: String::new(), ok: true };
    for i in 0..cases {
        let case = (op.case)(&mut Rng::new(seed.wrapping_add(i as u64)));
        let (want, got) = (case.run(&reference).await?, case.run(on).await?);
        if want.is_empty() || want.len() != got.len() {
            return Err(Error::bug(format!(
                "{}: a case with {} outputs, of which {} came back",
                op.stem,
                want.len(),
                got.len()
            )));
        }
        let step = &case.rec.steps[0];
        let limit = op.tolerance_with(on.rounds(op, &step.resolve(&[])?, &case.rec.kinds(step))).limit;
        let error = want.iter().zip(&got).map(|(w, g)| relative_error(w, g, case.typical)).fold(0.0, f32::max);
        verdict.ok &= error <= limit;
        // Limits may differ from case to case: the worst is the one that came nearest to its own.
        if error * verdict.limit >= verdict.worst * limit {
            (verdict.worst, verdict.limit, verdict.at) = (error, limit, case.name);
        }
    }
    Ok(verdict)
}

/// max |got − want| / max |want|, the latter taken to be at least `least`; anything not finite, or a wrong length, is
/// infinitely wrong.
pub fn relative_error(want: &[f32], got: &[f32], least: f32) -> f32 {
    if want.len() != got.len() || want.iter().chain(got).any(|v| !v.is_finite()) {
        return f32::INFINITY;
    }
    let scale = want.iter().fold(0.0f32, |m, v| m.max(v.abs())).max(least).max(1e-6);
    want.iter().zip(got).fold(0.0f32, |m, (w, g)| m.max((w - g).abs())) / scale
}
