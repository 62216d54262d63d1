//! The worker's clock and event loop.

use squint_engine::Host;
use std::{cell::RefCell, collections::VecDeque, rc::Rc};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel};

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// A message to ourselves is the quickest way to a later task: timers are held back to 4 ms.
pub fn host() -> Host {
    let channel = MessageChannel::new().ok();
    // One resolver per message under way: several runs may pause at once.
    let wake: Rc<RefCell<VecDeque<js_sys::Function>>> = Rc::default();
    if let Some(channel) = &channel {
        let wake = wake.clone();
        let heard = Closure::<dyn FnMut()>::new(move || {
            let next = wake.borrow_mut().pop_front();
            if let Some(resolve) = next {
                drop(resolve.call0(&JsValue::NULL));
            }
        });
        channel.port1().set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // Lives as long as the worker.
        heard.forget();
    }
    Host {
        now: Rc::new(|| scope().performance().map_or_else(js_sys::Date::now, |p| p.now())),
        pause: Rc::new(move || {
            let promise = js_sys::Promise::new(&mut |resolve, _| match channel
                .as_ref()
                .map(|c| c.port2().post_message(&JsValue::NULL))
            {
                Some(Ok(())) => wake.borrow_mut().push_back(resolve),
                _ => drop(resolve.call0(&JsValue::NULL)),
            });
            Box::pin(async move { drop(wasm_bindgen_futures::JsFuture::from(promise).await) })
        }),
    }
}
