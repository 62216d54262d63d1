//! What every backend can do. Object-safe, single-threaded at this border, asynchronous everywhere.

use crate::{Buf, Error, Kind, Ledger, OpSpec, Recording, Role, Rounding};
use std::{any::Any, future::Future, pin::Pin, rc::Rc};

/// A future that stays on its thread; a browser's GPU objects cannot leave theirs.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

/// A buffer on a backend; dropped with its last clone.
#[derive(Clone)]
pub struct Handle {
    pub kind: Kind,
    /// Numbers it holds.
    pub len: usize,
    pub inner: Rc<dyn Any>,
}

impl Handle {
    pub fn bytes(&self) -> usize {
        self.kind.bytes_of(self.len)
    }

    /// The backend's own buffer, or a message that it belongs to another one.
    pub fn downcast<T: 'static>(&self) -> Result<&T, Error> {
        self.inner.downcast_ref().ok_or_else(|| Error::bug("a buffer of one backend was given to another"))
    }
}

/// A recording made ready to run: every buffer exists, every pipeline is built.
pub struct Prepared {
    /// One per buffer of the recording, temporaries included.
    pub handles: Vec<Handle>,
    /// The recording's run values: names and largest.
    run_values: Vec<(&'static str, u32)>,
    inner: Box<dyn Any>,
}

impl Prepared {
    /// Checks the recording and binds its buffers: the bound ones are held to their definition, the others created.
    /// `inner` is what the backend makes of it.
    pub fn bind<T: Any>(
        backend: &dyn Backend,
        rec: &Recording,
        bound: &[(Buf, Handle)],
        inner: impl FnOnce(&[Handle]) -> Result<T, Error>,
    ) -> Result<Prepared, Error> {
        rec.check()?;
        let handles = bind(backend, rec, bound)?;
        let inner = Box::new(inner(&handles)?);
        Ok(Prepared { handles, run_values: rec.run_values().to_vec(), inner })
    }

    /// Refuses values beyond those the buffers were checked for. Backends call it first in `run`.
    pub fn admit(&self, run: &[u32]) -> Result<(), Error> {
        if run.len() != self.run_values.len() {
            return Err(Error::bug(format!("{} run values given, {} recorded", run.len(), self.run_values.len())));
        }
        match self.run_values.iter().zip(run).find(|((_, most), v)| *v > most) {
            Some(((name, most), v)) => Err(Error::bug(format!("run value '{name}' is {v}, recorded for up to {most}"))),
            None => Ok(()),
        }
    }

    pub fn handle(&self, buf: Buf) -> &Handle {
        &self.handles[buf.0 as usize]
    }
    pub fn downcast<T: 'static>(&self) -> Result<&T, Error> {
        self.inner.downcast_ref().ok_or_else(|| Error::bug("a recording prepared by one backend was run by another"))
    }
}

/// What a backend is, in words for the page and numbers for the picker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caps {
    /// `reference`, `null`, `cpu` or `gpu`.
    pub name: &'static str,
    /// Instruction set or adapter, as the visitor should read it.
    pub device: String,
    pub threads: usize,
    /// Optional features found, by name.
    pub features: Vec<String>,
    /// Runs worth enqueueing before one is read back; 0 or 1 where `run` returns when the work is done.
    pub ahead: usize,
}

/// What a run took, step by step, by the device's own clock.
#[derive(Clone, Debug)]
pub struct Times {
    /// One per step of the recording.
    pub ms: Vec<f64>,
    /// The smallest time that this clock tells from nothing, milliseconds.
    pub resolution: f64,
    /// Whose clock it is, in words.
    pub clock: &'static str,
}

pub trait Backend {
    fn caps(&self) -> &Caps;
    /// What it holds.
    fn ledger(&self) -> &Ledger;
    /// A buffer of zeros.
    fn create(&self, kind: Kind, len: usize) -> Result<Handle, Error>;
    /// A weight of `rows` × `cols` zeros, laid out as this backend's kernels like it. Written in whole rows of the
    /// format's own bytes; never read back.
    fn matrix(&self, kind: Kind, rows: usize, cols: usize) -> Result<Handle, Error> {
        self.create(kind, rows * cols)
    }
    /// Bytes into a buffer from byte `at` on. Weights arrive in chunks, inputs whole.
    fn write(&self, to: &Handle, at: usize, bytes: &[u8]) -> Result<(), Error>;
    /// What it rounds beyond f32 in a step of these parameters, with buffers of these formats.
    fn rounds(&self, _op: &'static OpSpec, _params: &[u32], _kinds: &[Kind]) -> Option<&'static Rounding> {
        None
    }
    /// Bytes of device memory this backend holds apart from the program's own; 0 where it has none.
    fn device_bytes(&self) -> u64 {
        0
    }
    /// Makes ready what a recording will need and its buffers have no part in, so that it can be done while weights come.
    fn warm<'a>(&'a self, _rec: &'a Recording) -> Local<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    /// Binds buffers to a recording; those not bound are created.
    fn prepare<'a>(&'a self, rec: &'a Recording, bound: &'a [(Buf, Handle)]) -> Local<'a, Prepared>;
    /// Runs it with this run's values. Returns when the work is accepted, `read` when it is done.
    fn run<'a>(&'a self, what: &'a Prepared, run: &'a [u32]) -> Local<'a, ()>;
    /// Runs it and says what every step took. Each is waited for or fenced off, so the whole takes longer than `run`
    /// does. None, and nothing has run, where there is no clock to do it by.
    fn profile<'a>(&'a self, _what: &'a Prepared, _run: &'a [u32]) -> Local<'a, Option<Times>> {
        Box::pin(async { Ok(None) })
    }
    fn read<'a>(&'a self, from: &'a Handle) -> Local<'a, Vec<u8>>;
}

/// What a backend needs of its surroundings: a clock, and a way to let other tasks in.
#[derive(Clone)]
pub struct Host {
    /// Milliseconds from any fixed moment.
    pub now: Rc<dyn Fn() -> f64>,
    /// Comes back in a later task of the event loop, so that messages arrive during long work.
    pub pause: Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>,
}

impl Host {
    /// The smallest step that this clock makes, of a few that it was seen to make: browsers make it coarse.
    pub fn resolution(&self) -> f64 {
        let step = |_| {
            let start = (self.now)();
            // A clock that stands still has no resolution to wait for.
            (0..1_000_000).map(|_| (self.now)() - start).find(|ms| *ms > 0.0).unwrap_or(f64::INFINITY)
        };
        (0..5).map(step).fold(f64::INFINITY, f64::min)
    }

    /// Natively there is no event loop to let in.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn native() -> Host {
        let start = std::time::Instant::now();
        Host {
            now: Rc::new(move || start.elapsed().as_secs_f64() * 1e3),
            pause: Rc::new(|| Box::pin(std::future::ready(()))),
        }
    }
}

fn bind(backend: &dyn Backend, rec: &Recording, bound: &[(Buf, Handle)]) -> Result<Vec<Handle>, Error> {
    let shared = share(rec);
    let mut arena: Vec<Option<Handle>> = vec![None; rec.bufs.len()];
    let one = |(i, def): (usize, &crate::BufDef)| {
        let Some((_, handle)) = bound.iter().find(|(b, _)| b.0 as usize == i) else {
            return match (def.cols, shared[i]) {
                (0, None) => backend.create(def.kind, def.len),
                (0, Some((at, len))) => match &arena[at] {
                    Some(handle) => Ok(handle.clone()),
                    None => Ok(arena[at].insert(backend.create(def.kind, len)?).clone()),
                },
                (cols, _) => backend.matrix(def.kind, def.len / cols, cols),
            };
        };
        if handle.kind != def.kind || handle.len < def.len {
            return Err(Error::bug(format!(
                "'{}' is {} numbers of {:?}, bound was {} of {:?}",
                def.name, def.len, def.kind, handle.len, handle.kind
            )));
        }
        Ok(handle.clone())
    };
    rec.bufs.iter().enumerate().map(one).collect()
}

/// Which temporaries may lie in the same memory: for each, the first buffer of its group and the numbers the group
/// needs. A temporary lives from the first step that names it to the last; those of a model's layers are never alive
/// together, so thirty layers take the room of one.
pub(crate) fn share(rec: &Recording) -> Vec<Option<(usize, usize)>> {
    let mut last = vec![0; rec.bufs.len()];
    for (at, step) in rec.steps.iter().enumerate() {
        step.bufs.iter().for_each(|b| last[b.0 as usize] = at);
    }
    let mut group: Vec<Option<usize>> = vec![None; rec.bufs.len()];
    let mut size = vec![0usize; rec.bufs.len()];
    let mut free: Vec<usize> = vec![];
    for (at, step) in rec.steps.iter().enumerate() {
        for i in step.bufs.iter().map(|b| b.0 as usize) {
            let def = &rec.bufs[i];
            if def.role != Role::Temp || group[i].is_some() {
                continue;
            }
            // The free one whose size is nearest: a large one is not wasted on a small need.
            let fits = |g: &&usize| rec.bufs[**g].kind == def.kind;
            let best = free.iter().filter(fits).min_by_key(|g| size[**g].abs_diff(def.len)).copied();
            let g = best.unwrap_or(i);
            free.retain(|f| *f != g);
            size[g] = size[g].max(def.len);
            group[i] = Some(g);
        }
        // Free from the next step on: a step never writes what it reads.
        let mut ended: Vec<usize> = step.bufs.iter().map(|b| b.0 as usize).filter(|i| last[*i] == at).collect();
        ended.sort_unstable();
        ended.dedup();
        free.extend(ended.into_iter().filter_map(|i| group[i]));
    }
    group.iter().map(|g| g.map(|g| (g, size[g]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of ten additions needs two buffers; nothing alive is overwritten, and the answer is right.
    #[test]
    fn temporaries_share_memory_and_nothing_else() {
        let mut rec = Recording::default();
        let x = rec.input("x", Kind::F32, 4);
        let mut y = x;
        let first = rec.add(x, x);
        for _ in 0..10 {
            y = rec.add(y, first);
        }
        rec.output(y);
        let on = crate::Reference::default();
        let ready = pollster::block_on(on.prepare(&rec, &[])).unwrap();
        on.write(ready.handle(x), 0, &Kind::F32.pack_all(&[1.0, 2.0, 3.0, 4.0])).unwrap();
        pollster::block_on(on.run(&ready, &[])).unwrap();
        let got = Kind::F32.unpack_all(&pollster::block_on(on.read(ready.handle(y))).unwrap());
        assert_eq!(got, [21.0, 42.0, 63.0, 84.0]);
        let mut memories: Vec<_> = ready.handles.iter().map(|h| Rc::as_ptr(&h.inner).cast::<()>()).collect();
        memories.sort_unstable();
        memories.dedup();
        // Input, output, the first sum that lives throughout, and two in turn.
        assert_eq!(memories.len(), 5);
    }
}
