//! Threads where there are any: natively, and in the browser's `threads` build. One thread elsewhere.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Pool {
    threads: usize,
    splits: AtomicUsize,
    #[cfg(not(target_arch = "wasm32"))]
    own: Option<rayon::ThreadPool>,
}

impl Pool {
    /// Natively 0 means as many as the machine has. In the browser the pool is global and already started, so the
    /// number is what `init_thread_pool` was given.
    pub fn new(threads: usize) -> Pool {
        #[cfg(target_arch = "wasm32")]
        return Pool {
            threads: if cfg!(feature = "threads") { threads.max(1) } else { 1 },
            splits: AtomicUsize::new(0),
        };

        #[cfg(not(target_arch = "wasm32"))]
        {
            let threads =
                if threads == 0 { std::thread::available_parallelism().map_or(1, |n| n.get()) } else { threads };
            // A pool that cannot be started (no threads left on the machine) leaves one thread: slower, not wrong.
            let own =
                if threads > 1 { rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok() } else { None };
            Pool { threads: if own.is_some() { threads } else { 1 }, splits: AtomicUsize::new(0), own }
        }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How often work was shared out.
    pub fn splits(&self) -> usize {
        self.splits.load(Ordering::Relaxed)
    }

    /// Calls `task` on ranges that cover 0..n once. Less than `grain` work stays on this thread: waking another
    /// costs more than it saves.
    pub fn split(&self, n: usize, grain: usize, task: impl Fn(Range<usize>) + Sync + Send) {
        let parts = self.threads.min(n / grain.max(1)).max(1);
        if parts == 1 {
            return task(0..n);
        }
        self.splits.fetch_add(1, Ordering::Relaxed);
        let part = |i: usize| i * n / parts..(i + 1) * n / parts;
        let all = || {
            rayon::scope(|s| {
                for i in 1..parts {
                    let task = &task;
                    s.spawn(move |_| task(part(i)));
                }
                task(part(0));
            });
        };
        #[cfg(not(target_arch = "wasm32"))]
        match &self.own {
            Some(pool) => pool.install(all),
            None => all(),
        }
        #[cfg(target_arch = "wasm32")]
        all();
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
            let done: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
            Pool::new(threads).split(n, grain, |r| r.for_each(|i| _ = done[i].fetch_add(1, Ordering::Relaxed)));
            assert!(done.iter().all(|d| d.load(Ordering::Relaxed) == 1));
        }
    }
}
