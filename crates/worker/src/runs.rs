//! Runs that can be stopped. A run is a future; stopping drops it, and no further event of it comes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

#[derive(Clone, Default)]
pub struct Runs(Rc<RefCell<BTreeMap<u32, State>>>);

#[derive(Default)]
struct State {
    stopped: bool,
    waker: Option<Waker>,
}

impl Runs {
    /// Does `work` to its end, or until the run is stopped; then none comes back.
    pub async fn until_stopped<T>(&self, run: u32, work: impl Future<Output = T>) -> Option<T> {
        self.0.borrow_mut().insert(run, State::default());
        let mut work = pin!(work);
        let out = poll_fn(|cx| {
            if let Some(state) = self.0.borrow_mut().get_mut(&run) {
                if state.stopped {
                    return Poll::Ready(None);
                }
                state.waker = Some(cx.waker().clone());
            }
            work.as_mut().poll(cx).map(Some)
        })
        .await;
        self.0.borrow_mut().remove(&run);
        out
    }

    /// Ends a run; one that is over, or never was, stays as it is.
    pub fn stop(&self, run: u32) {
        let waker = self.0.borrow_mut().get_mut(&run).and_then(|state| {
            state.stopped = true;
            state.waker.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }
}
