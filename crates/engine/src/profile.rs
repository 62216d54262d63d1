//! Where the time of a stage goes, by kinds of steps. Measuring is a run of its own, since it slows what it measures: a
//! stage's total comes from another.

use squint_ops::{Backend, Buf, Cost, Error, Handle, Host, Kind, Prepared, Recording};
use std::collections::BTreeMap;

/// What steps took since it was put into a session.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// By the op's stem.
    pub rows: BTreeMap<&'static str, Row>,
    /// How it was measured, in words.
    pub clock: &'static str,
    /// The smallest time that clock tells from nothing, milliseconds.
    pub resolution: f64,
}

/// All steps of one op.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row {
    pub steps: u64,
    pub ms: f64,
    pub flops: u64,
    /// Every slot of every step once, as far as the step touches it.
    pub bytes: u64,
}

/// Repeats take this long at least, and this many times what their clock can tell.
const LONG: f64 = 20.0;
const TICKS: f64 = 100.0;
/// More than these say no more.
const MOST: u32 = 1 << 14;

impl Profile {
    pub fn ms(&self) -> f64 {
        self.rows.values().map(|r| r.ms).sum()
    }

    /// Runs a recording and adds what its steps took.
    pub(crate) async fn run(
        &mut self,
        on: &dyn Backend,
        host: &Host,
        rec: &Recording,
        what: &Prepared,
        values: &[u32],
    ) -> Result<(), Error> {
        let times = on.profile(what, values).await?;
        for (i, step) in rec.steps.iter().enumerate() {
            let Cost { flops, bytes } = step.op.cost(&step.resolve(values)?, &rec.kinds(step))?;
            let row = self.rows.entry(step.op.stem).or_default();
            row.steps += 1;
            row.flops += flops;
            row.bytes += bytes;
            row.ms += times.as_ref().map_or(0.0, |t| t.ms[i]);
        }
        if let Some(times) = times {
            (self.clock, self.resolution) = (times.clock, times.resolution);
            return Ok(());
        }
        let resolution = host.resolution();
        (self.clock, self.resolution) = ("repeats of all steps of an op", resolution);
        for (stem, ms) in repeats(on, host, rec, what, values, LONG.max(TICKS * resolution)).await? {
            self.rows.entry(stem).or_default().ms += ms;
        }
        // Repeats made a mess of what steps hand to each other; the run itself comes after them and writes it all anew.
        on.run(what, values).await
    }
}

/// For every op of a recording, all of its steps one after the other, again and again: what one round takes. Each round
/// goes through all the weights that a run does, so caches help no more than they do there.
async fn repeats(
    on: &dyn Backend,
    host: &Host,
    rec: &Recording,
    what: &Prepared,
    values: &[u32],
    long: f64,
) -> Result<Vec<(&'static str, f64)>, Error> {
    let mut stems: Vec<&'static str> = rec.steps.iter().map(|s| s.op.stem).collect();
    stems.sort();
    stems.dedup();
    let bound: Vec<(Buf, Handle)> = (0u32..).map(Buf).zip(what.handles.iter().cloned()).collect();
    // Something to read: when it is there, everything before it is done.
    let word = on.create(Kind::U32, 1)?;
    let mut out = vec![];
    for stem in stems {
        let mut alone = rec.clone();
        alone.steps.retain(|s| s.op.stem == stem);
        let ready = on.prepare(&alone, &bound).await?;
        // The first round pays for what is made at first use.
        on.run(&ready, values).await?;
        on.read(&word).await?;
        let mut rounds = 1;
        let ms = loop {
            let start = (host.now)();
            for _ in 0..rounds {
                on.run(&ready, values).await?;
            }
            on.read(&word).await?;
            let ms = (host.now)() - start;
            if ms >= long || rounds >= MOST {
                break ms / rounds as f64;
            }
            rounds *= 4;
        };
        out.push((stem, ms));
    }
    Ok(out)
}
