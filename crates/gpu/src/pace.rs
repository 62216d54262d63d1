//! How fast this GPU works, learned while it does, and where a long run is cut so that it can be stopped.

use squint_ops::Host;
use std::{cell::Cell, ops::Range};

/// Longest stretch of work in one submit, milliseconds. A GPU cannot be interrupted, and a browser's page shares it.
const STRETCH: f64 = 50.0;
/// Work a millisecond before anything is known: about what a processor in place of a GPU does.
const START: f64 = 1e6;
/// Less than this says more about submitting than about computing.
const TELLING: f64 = 2.0;

pub struct Pace {
    host: Host,
    /// Work a millisecond, in the unit of `Dispatch::work`.
    speed: Cell<f64>,
    /// Since when the GPU has been busy, and with how much.
    busy: Cell<Option<(f64, f64)>>,
}

impl Pace {
    pub fn new(host: Host) -> Pace {
        Pace { host, speed: Cell::new(START), busy: Cell::new(None) }
    }

    /// Consecutive ranges that should take no longer than a stretch each; one range where all of it does not.
    pub fn cut(&self, work: &[f64]) -> Vec<Range<usize>> {
        let most = self.speed.get() * STRETCH;
        let (mut ranges, mut start, mut sum) = (vec![], 0, 0.0);
        for (i, w) in work.iter().enumerate() {
            if i > start && sum + w > most {
                ranges.push(start..i);
                (start, sum) = (i, 0.0);
            }
            sum += w;
        }
        ranges.push(start..work.len());
        ranges
    }

    pub fn submitted(&self, work: f64) {
        let (since, before) = self.busy.get().unwrap_or(((self.host.now)(), 0.0));
        self.busy.set(Some((since, before + work)));
    }

    /// All that was submitted is done.
    pub fn idle(&self) {
        let Some((since, work)) = self.busy.take() else { return };
        let ms = (self.host.now)() - since;
        if ms >= TELLING {
            self.speed.set((self.speed.get() + work / ms) / 2.0);
        } else if work / TELLING > self.speed.get() {
            self.speed.set(work / TELLING);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn pace(clock: &Rc<Cell<f64>>) -> Pace {
        let clock = clock.clone();
        Pace::new(Host { now: Rc::new(move || clock.get()), pause: Rc::new(|| Box::pin(std::future::ready(()))) })
    }

    #[test]
    fn cuts_cover_everything_once() {
        let pace = pace(&Rc::default());
        for work in [vec![], vec![1.0], vec![1e9], vec![30e6; 7], vec![1e9, 1.0, 1.0, 1e9]] {
            let ranges = pace.cut(&work);
            let covered: Vec<usize> = ranges.iter().cloned().flatten().collect();
            assert_eq!(covered, (0..work.len()).collect::<Vec<_>>());
            assert!(ranges.iter().all(|r| r.len() <= 1 || work[r.clone()].iter().sum::<f64>() <= START * STRETCH));
        }
        assert_eq!(pace.cut(&[30e6; 7]).len(), 7);
        assert_eq!(pace.cut(&[20e6; 7]).len(), 4);
    }

    #[test]
    fn a_fast_gpu_soon_takes_a_run_in_one_piece() {
        let clock = Rc::new(Cell::new(0.0));
        let pace = pace(&clock);
        let work = [100e6; 10];
        assert_eq!(pace.cut(&work).len(), 10);
        for _ in 0..5 {
            pace.submitted(1e9);
            clock.set(clock.get() + 4.0);
            pace.idle();
        }
        assert_eq!(pace.cut(&work).len(), 1);
        // And slows down again.
        for _ in 0..12 {
            pace.submitted(1e9);
            clock.set(clock.get() + 1000.0);
            pace.idle();
        }
        assert_eq!(pace.cut(&work).len(), 10);
    }
}
