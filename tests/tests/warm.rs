//! While weights come, pipelines are built: the first prompt waits for none.

#![allow(clippy::unwrap_used, reason = "a model that does not load is a failed test")]

use pollster::block_on;
use squint_engine::{Choice, Host, Model, Sampling, Session};
use squint_gpu::Gpu;
use squint_ops::{Kind, On};
use squint_tests::{backends, tiny::Llama};
use squint_weights::{Checkpoint, Local, Source, source::Memory};
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// Bytes that come a moment after they are asked for, as from a network; and how many pipelines there were then.
struct Slow {
    bytes: Memory,
    gpu: Rc<Gpu>,
    seen: Rc<RefCell<Vec<usize>>>,
}

impl Source for Slow {
    fn name(&self) -> &str {
        self.bytes.name()
    }
    fn size(&self) -> u64 {
        self.bytes.size()
    }
    fn read<'a>(&'a self, at: u64, into: &'a mut [u8]) -> Local<'a, ()> {
        Box::pin(async move {
            self.seen.borrow_mut().push(self.gpu.pipelines());
            let mut asked = false;
            poll_fn(|cx| match std::mem::replace(&mut asked, true) {
                true => Poll::Ready(()),
                false => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            self.bytes.read(at, into).await
        })
    }
}

fn load(gpu: &Rc<Gpu>, llama: Llama, cache: Option<Kind>) -> (Rc<Model>, Vec<usize>) {
    let seen = Rc::new(RefCell::default());
    let slow = Slow { bytes: Memory::new("tiny.gguf", llama.gguf(5)), gpu: gpu.clone(), seen: seen.clone() };
    let checkpoint = Rc::new(block_on(Checkpoint::gguf(Rc::new(slow))).unwrap());
    seen.borrow_mut().clear();
    let model =
        block_on(Model::load_warm(gpu.clone(), Host::native(), checkpoint, None, cache, &mut |_, _| ())).unwrap();
    (Rc::new(model), seen.take())
}

/// Prompts of every size and answers of both kinds.
fn ask(model: &Rc<Model>, cache: Kind) {
    let mut session = Session::new(model.clone(), 300, cache).unwrap();
    for (first, rows) in [(1, 1), (2, 3), (3, 40), (4, 128), (5, 290)] {
        let ids: Vec<u32> = (0..rows).map(|i| (first + i * 37) % 160).collect();
        block_on(session.prefill(&ids)).unwrap();
        let how = Sampling { temperature: 0.8, top_k: 5, penalty: 1.2, ..Choice::GREEDY.how };
        for choice in [Choice::GREEDY, Choice { how, seed: 3 }] {
            block_on(session.next(choice, 4)).unwrap();
        }
    }
}

#[test]
fn the_first_prompt_waits_for_no_pipeline() {
    for (on, cache, kind) in [
        (On::Software, Kind::F16, Kind::Q4_1),
        (On::Hardware, Kind::F16, Kind::Q4_1),
        (On::Hardware, Kind::F32, Kind::F32),
    ] {
        let Some(mut gpu) = block_on(backends::gpu()) else { return };
        gpu.act_as(on);
        let gpu = Rc::new(gpu);
        let llama = Llama { kind, ..Llama::SMALL };
        let (model, seen) = load(&gpu, llama, Some(cache));
        let built = gpu.pipelines();
        assert!(built > 8, "{built}");
        // They were there before the last weights were.
        assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&built)), "{seen:?}");
        ask(&model, cache);
        assert_eq!(gpu.pipelines(), built, "{on:?}, {cache:?}, {kind:?}");
    }
}

/// The count can fail: whoever warms nothing waits.
#[test]
fn without_warming_the_first_prompt_builds_them() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let gpu = Rc::new(gpu);
    let (model, _) = load(&gpu, Llama::SMALL, None);
    assert_eq!(gpu.pipelines(), 0);
    ask(&model, Kind::F16);
    assert!(gpu.pipelines() > 8);
}
