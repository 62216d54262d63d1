//! Threads that do a job together: whoever is there takes the next part until none is left.
//!
//! A token is some two hundred jobs of a few microseconds to a millisecond each. Between two of them threads look for
//! the next one without sleeping: waking one up costs more than most jobs take. They sleep when nothing comes for
//! longer. Nobody waits for a thread that is still asleep, or that the system gave to somebody else: a job is closed when
//! its parts are taken, and only those who joined it are waited for.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Looks before sleeping, of a thread that has found something by looking before: some two milliseconds. Natively the
/// processor makes a pause between two. Threads that sleep sooner are woken often, and a woken one is put behind its
/// waker, on the same processor, until the system looks around.
const LONG: usize = if cfg!(target_arch = "wasm32") { 1_600_000 } else { 60_000 };

/// Looks of a thread that found nothing the last time, or waits for others to end a part: long enough for a part. Where
/// threads share one processor, whoever looks keeps from it those it is looking for.
const SHORT: usize = LONG / 10;

/// Added to `door` where nobody may join any more.
const CLOSED: usize = 1 << (usize::BITS - 1);

pub struct Crew {
    /// Counts jobs, so that threads see when there is a new one.
    turn: AtomicUsize,
    /// How many threads have joined, and whether more may.
    door: AtomicUsize,
    /// The next part that nobody has taken.
    next: AtomicUsize,
    job: UnsafeCell<Job>,
    /// Whether the crew works: a part that has a job of its own does it alone.
    busy: AtomicBool,
    /// A thread panicked in its part.
    broken: AtomicBool,
    over: AtomicBool,
    begun: Bell,
    done: Bell,
}

type Task<'a> = &'a (dyn Fn(usize) + Sync);

#[derive(Clone, Copy)]
struct Job {
    task: Task<'static>,
    parts: usize,
}

// SAFETY: `job` is written only while the door is closed and nobody is inside, and read only by those inside.
unsafe impl Sync for Crew {}
// SAFETY: tasks are Sync.
unsafe impl Send for Crew {}

impl Crew {
    /// Threads are brought by the caller: each calls `serve`.
    pub fn new() -> Arc<Crew> {
        Arc::new(Crew {
            turn: AtomicUsize::new(0),
            door: AtomicUsize::new(CLOSED),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(Job { task: &|_| (), parts: 0 }),
            busy: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            over: AtomicBool::new(false),
            begun: Bell::default(),
            done: Bell::default(),
        })
    }

    /// Calls `task` once with every number below `parts`, on this thread and on those that serve.
    pub fn work(&self, parts: usize, task: Task) {
        if self.busy.swap(true, SeqCst) {
            return (0..parts).for_each(task);
        }
        // SAFETY: the borrow ends after this call; `Open` lets nobody be inside by then, even when `task` panics.
        let task = unsafe { std::mem::transmute::<Task<'_>, Task<'static>>(task) };
        // SAFETY: the door is closed and nobody is inside: the last job has ended.
        unsafe { *self.job.get() = Job { task, parts } };
        self.next.store(0, SeqCst);
        self.broken.store(false, SeqCst);
        let open = Open(self);
        self.door.store(0, SeqCst);
        self.turn.fetch_add(1, SeqCst);
        self.begun.ring();
        self.take();
        drop(open);
        assert!(!self.broken.load(SeqCst), "a thread panicked in its part of a step");
    }

    /// Does parts of jobs until the crew is dismissed.
    pub fn serve(&self) {
        let (mut seen, mut looks) = (0, SHORT);
        loop {
            let awake = self.begun.wait(looks, || self.turn.load(SeqCst) != seen || self.over.load(SeqCst));
            looks = if awake { LONG } else { SHORT };
            if self.over.load(SeqCst) {
                return;
            }
            seen = self.turn.load(SeqCst);
            let join = |inside: usize| (inside & CLOSED == 0).then_some(inside + 1);
            if self.door.fetch_update(SeqCst, SeqCst, join).is_ok() {
                let _inside = Inside(self);
                self.take();
            }
        }
    }

    pub fn dismiss(&self) {
        self.over.store(true, SeqCst);
        self.begun.ring();
    }

    /// Parts of the job, one after the other. Called only by those inside, and by whoever brought the job.
    fn take(&self) {
        // SAFETY: nobody writes the job before everybody inside has left.
        let job = unsafe { *self.job.get() };
        loop {
            let part = self.next.fetch_add(1, SeqCst);
            if part >= job.parts {
                return;
            }
            (job.task)(part);
        }
    }
}

/// An open door; closed and waited at when this goes.
struct Open<'a>(&'a Crew);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.door.fetch_or(CLOSED, SeqCst);
        self.0.done.wait(SHORT, || self.0.door.load(SeqCst) == CLOSED);
        self.0.busy.store(false, SeqCst);
    }
}

/// A thread that has joined.
struct Inside<'a>(&'a Crew);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, SeqCst);
        }
        if self.0.door.fetch_sub(1, SeqCst) == CLOSED | 1 {
            self.0.done.ring();
        }
    }
}

/// Waits for something that another thread makes true and then rings.
#[derive(Default)]
struct Bell {
    asleep: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Bell {
    /// Whether it became true before the thread fell asleep.
    fn wait(&self, looks: usize, ready: impl Fn() -> bool) -> bool {
        for _ in 0..looks {
            if ready() {
                return true;
            }
            std::hint::spin_loop();
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // Said before looking again: whoever makes it true after that look sees a sleeper, and rings.
        self.asleep.fetch_add(1, SeqCst);
        while !ready() {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, SeqCst);
        false
    }

    fn ring(&self) {
        if self.asleep.load(SeqCst) > 0 {
            // Whoever counted as asleep under the lock really sleeps once it can be taken.
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By that a thread decides how long it looks the next time.
    #[test]
    fn a_wait_says_whether_it_slept() {
        let (bell, come) = (Bell::default(), AtomicBool::new(true));
        assert!(bell.wait(1, || come.load(SeqCst)), "it was there at the first look");
        come.store(false, SeqCst);
        std::thread::scope(|threads| {
            let sleeper = threads.spawn(|| bell.wait(1, || come.load(SeqCst)));
            while bell.asleep.load(SeqCst) == 0 {
                std::thread::yield_now();
            }
            come.store(true, SeqCst);
            bell.ring();
            assert!(!sleeper.join().unwrap(), "it slept until the bell rang");
        });
    }
}
