//! Two things at once on one thread: while weights come, pipelines are built.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// What both become, each going on while the other waits. An error of one ends the other.
pub async fn both<A, B, E>(
    a: impl Future<Output = Result<A, E>>,
    b: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(move |cx| {
        if first.is_none()
            && let Poll::Ready(done) = a.as_mut().poll(cx)
        {
            first = Some(done?);
        }
        if second.is_none()
            && let Poll::Ready(done) = b.as_mut().poll(cx)
        {
            second = Some(done?);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready(Ok((a, b))),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::both;
    use std::cell::RefCell;
    use std::future::{Future, poll_fn, ready};
    use std::task::Poll;

    /// Comes back when it is asked the next time.
    fn later() -> impl Future<Output = ()> {
        let mut asked = false;
        poll_fn(move |cx| match std::mem::replace(&mut asked, true) {
            true => Poll::Ready(()),
            false => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        })
    }

    #[test]
    fn they_take_turns() {
        let said = RefCell::new(String::new());
        let one = async |name: char, times: usize| {
            for _ in 0..times {
                said.borrow_mut().push(name);
                later().await;
            }
            Ok::<_, ()>(name)
        };
        assert_eq!(pollster::block_on(both(one('a', 2), one('b', 4))), Ok(('a', 'b')));
        assert_eq!(said.borrow().as_str(), "ababbb");
    }

    #[test]
    fn an_error_ends_both() {
        let never = std::future::pending::<Result<(), &str>>();
        assert_eq!(pollster::block_on(both(ready(Err::<(), _>("no")), never)), Err("no"));
        let never = std::future::pending::<Result<(), &str>>();
        let error = async {
            later().await;
            Err::<(), _>("no")
        };
        assert_eq!(pollster::block_on(both(never, error)), Err("no"));
    }
}
