//! Threads where there are any: natively, and in the browser's `threads` build. One thread elsewhere.

use crate::crew::Crew;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Parts for each thread: one that is slow, or that somebody else interrupts, leaves more of them to the others.
const PARTS: usize = 32;

/// Threads for each processor at most: more only stand in each other's way.
const MOST: usize = 4;

pub struct Pool {
    threads: usize,
    splits: AtomicUsize,
    /// The other threads, where there are any.
    crew: Option<Arc<Crew>>,
}

impl Pool {
    /// Natively 0 means as many as the machine has. In the browser threads come from the page: `init_thread_pool` was
    /// given one less than this number.
    pub fn new(threads: usize) -> Pool {
        let there = std::thread::available_parallelism().map_or(1, |n| n.get());
        let threads = match threads {
            0 => there,
            // There the page has started them, and nobody says how many processors there are.
            n if cfg!(target_arch = "wasm32") => n,
            n => n.min(MOST * there),
        };
        let crew = if threads > 1 { crew(threads - 1) } else { None };
        Pool { threads: if crew.is_some() { threads } else { 1 }, splits: AtomicUsize::new(0), crew }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How often work was shared out.
    pub fn splits(&self) -> usize {
        self.splits.load(Ordering::Relaxed)
    }

    /// Calls `task` on ranges that cover 0..n once. Less than two `grain` stay on this thread.
    pub fn split(&self, n: usize, grain: usize, task: impl Fn(Range<usize>) + Sync + Send) {
        let parts = (n / grain.max(1)).min(PARTS * self.threads);
        match &self.crew {
            Some(crew) if parts > 1 => {
                self.splits.fetch_add(1, Ordering::Relaxed);
                crew.work(parts, &|i| task(i * n / parts..(i + 1) * n / parts));
            }
            _ => task(0..n),
        }
    }
}

/// Threads of this pool's own. One that cannot be started leaves fewer: slower, not wrong.
#[cfg(not(target_arch = "wasm32"))]
fn crew(others: usize) -> Option<Arc<Crew>> {
    let crew = Crew::new();
    let start = |_: &usize| {
        let crew = crew.clone();
        std::thread::Builder::new().name("squint".into()).spawn(move || crew.serve()).is_ok()
    };
    ((0..others).filter(start).count() > 0).then_some(crew)
}

/// A browser's threads are there once, and serve every pool.
#[cfg(all(target_arch = "wasm32", feature = "threads"))]
fn crew(others: usize) -> Option<Arc<Crew>> {
    static CREW: std::sync::OnceLock<Arc<Crew>> = std::sync::OnceLock::new();
    let crew = CREW.get_or_init(|| {
        let crew = Crew::new();
        for _ in 0..others {
            let crew = crew.clone();
            rayon::spawn(move || crew.serve());
        }
        crew
    });
    Some(crew.clone())
}

#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
fn crew(_: usize) -> Option<Arc<Crew>> {
    None
}

#[cfg(not(target_arch = "wasm32"))]
impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(crew) = &self.crew {
            crew.dismiss();
        }
    }
}

/// A slice that threads write in parts that do not overlap.
pub struct Parts<'a, T = f32> {
    start: *mut T,
    len: usize,
    life: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: only `slice` gives access, and its callers promise disjoint parts.
unsafe impl<T: Send> Send for Parts<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Parts<'_, T> {}

impl<'a, T> Parts<'a, T> {
    pub fn new(of: &'a mut [T]) -> Parts<'a, T> {
        Parts { start: of.as_mut_ptr(), len: of.len(), life: std::marker::PhantomData }
    }

    /// # Safety
    /// No two parts alive at one time may overlap.
    #[allow(clippy::mut_from_ref, reason = "disjoint parts of one slice, as promised by the caller")]
    pub unsafe fn slice(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice by the assertion, alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_done_once() {
        for (threads, n, grain) in [(1, 5, 1), (2, 0, 1), (2, 1, 1), (3, 100, 7), (4, 1000, 1)] {
            let pool = Pool::new(threads);
            let done: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..1000 {
                pool.split(n, grain, |r| r.for_each(|i| _ = done[i].fetch_add(1, Ordering::Relaxed)));
            }
            assert!(done.iter().all(|d| d.load(Ordering::Relaxed) == 1000));
        }
    }

    /// Long enough pauses that threads sleep, and jobs that come while they fall asleep.
    #[test]
    fn sleepers_are_woken() {
        let (pool, done) = (Pool::new(3), AtomicUsize::new(0));
        for i in 0..300 {
            std::thread::sleep(std::time::Duration::from_micros(i));
            pool.split(12, 1, |r| _ = done.fetch_add(r.len(), Ordering::Relaxed));
        }
        assert_eq!(done.into_inner(), 300 * 12);
    }

    /// All threads get something to do: a job in which one thread waits for another ends.
    #[test]
    fn work_is_shared() {
        let (pool, inside) = (Pool::new(2), AtomicUsize::new(0));
        for _ in 0..20 {
            inside.store(0, Ordering::SeqCst);
            pool.split(2, 1, |_| {
                inside.fetch_add(1, Ordering::SeqCst);
                while inside.load(Ordering::SeqCst) < 2 {
                    std::thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_job_inside_a_job_is_done_alone() {
        let (pool, done) = (Pool::new(2), AtomicUsize::new(0));
        pool.split(8, 1, |_| pool.split(5, 1, |r| _ = done.fetch_add(r.len(), Ordering::Relaxed)));
        assert_eq!(done.into_inner(), 8 * 5);
    }

    #[test]
    fn a_panic_is_told_and_the_pool_goes_on() {
        let (pool, done) = (Pool::new(3), AtomicUsize::new(0));
        for bad in 0..12 {
            let job = std::panic::AssertUnwindSafe(|| pool.split(12, 1, |r| assert!(!r.contains(&bad))));
            assert!(std::panic::catch_unwind(job).is_err());
        }
        pool.split(12, 1, |r| _ = done.fetch_add(r.len(), Ordering::Relaxed));
        assert_eq!(done.into_inner(), 12);
    }
}
