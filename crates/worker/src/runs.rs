//! Runs that can be stopped. A run is a future; stopping drops it there and then, so no further event of it comes and
//! what it had borrowed is back before the next message is read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Work = Rc<RefCell<Option<Task>>>;

#[derive(Clone, Default)]
pub struct Runs(Rc<RefCell<BTreeMap<u32, Work>>>);

impl Runs {
    /// Makes `work` a run. What comes back does it, to its end or until it is stopped.
    pub fn begin(&self, run: u32, work: impl Future<Output = ()> + 'static) -> Task {
        let work: Work = Rc::new(RefCell::new(Some(Box::pin(work))));
        self.0.borrow_mut().insert(run, work.clone());
        let runs = self.clone();
        Box::pin(async move {
            poll_fn(|cx| work.borrow_mut().as_mut().map_or(Poll::Ready(()), |work| work.as_mut().poll(cx))).await;
            runs.0.borrow_mut().remove(&run);
        })
    }

    /// Ends a run; one that is over, or never was, stays as it is.
    pub fn stop(&self, run: u32) {
        let work = self.0.borrow_mut().remove(&run);
        drop(work.and_then(|work| work.take()));
    }
}
