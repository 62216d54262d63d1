//! The laws of the session, on small random models: what was cached is as if it had been computed again.

#![allow(clippy::unwrap_used, reason = "a session that cannot run is a failed test")]

use pollster::block_on;
use squint_engine::{Choice, Host, Model, Profile, Session};
use squint_gpu::Gpu;
use squint_ops::Sampling;
use squint_ops::{Backend, HALF, INT8, Kind, On, Reference};
use squint_tests::{backends, tiny::Llama};
use squint_weights::{Checkpoint, source::Memory};
use std::rc::Rc;

fn session(on: Rc<dyn Backend>, llama: Llama, room: usize, cache: Kind) -> Session {
    Session::new(model(on, llama, None), room, cache).unwrap()
}

fn model(on: Rc<dyn Backend>, llama: Llama, quant: Option<Kind>) -> Rc<Model> {
    Rc::new(
        block_on(Model::load(on, Host::native(), Rc::new(llama.checkpoint(5).unwrap()), quant, &mut |_, _| ()))
            .unwrap(),
    )
}

fn reference() -> Rc<dyn Backend> {
    Rc::new(Reference::default())
}

fn relative_error(want: &[f32], got: &[f32]) -> f32 {
    squint_ops::case::relative_error(want, got, 0.0)
}

fn prompt(n: u32) -> Vec<u32> {
    (0..n).map(|i| (i * 37 + 11) % 160).collect()
}

/// Logits after every token, all at once and from nothing.
fn truth(session: &mut Session, ids: &[u32]) -> Vec<Vec<f32>> {
    let mut all = vec![];
    let vocab = session.model.sizes.vocab;
    block_on(session.every(ids, |rows| all.extend(rows.chunks_exact(vocab).map(<[f32]>::to_vec)))).unwrap();
    all
}

/// A refusal leaves the session as it was.
#[test]
fn numbers_that_cannot_be_drawn_with_are_named() {
    let mut s = session(reference(), Llama::SMALL, 20, Kind::F32);
    block_on(s.prefill(&prompt(3))).unwrap();
    let how = Choice::GREEDY.how;
    for (how, name) in [
        (Sampling { temperature: f32::NAN, ..how }, "temperature"),
        (Sampling { temperature: -1.0, ..how }, "temperature"),
        // Divided by, they are beyond what f32 holds.
        (Sampling { temperature: 1e-40, ..how }, "temperature"),
        (Sampling { penalty: 1e-39, ..how }, "repeat_penalty"),
        (Sampling { top_p: 1.5, ..how }, "top_p"),
        (Sampling { min_p: f32::NAN, ..how }, "min_p"),
        (Sampling { penalty: 0.0, ..how }, "repeat_penalty"),
    ] {
        let e = block_on(s.next(Choice { how, seed: 1 }, 1)).unwrap_err();
        assert!(e.code == "sampling" && e.what.contains(name), "{e}");
    }
    assert_eq!(block_on(s.next(Choice::GREEDY, 1)).unwrap().len(), 1);
}

#[test]
fn a_cache_changes_nothing() {
    let mut s = session(reference(), Llama::SMALL, 300, Kind::F32);
    // More than one chunk, and a remainder.
    let ids = prompt(150);
    let want = truth(&mut s, &ids);
    // In one go; then token by token from a short beginning; then from another prompt's beginning.
    assert_eq!(block_on(s.prefill(&ids)).unwrap(), 149);
    assert!(relative_error(&want[149], &block_on(s.logits()).unwrap()) < 1e-5);
    block_on(s.prefill(&ids[..3])).unwrap();
    for at in 3..ids.len() {
        assert!(relative_error(&want[at - 1], &block_on(s.logits()).unwrap()) < 1e-5, "after {at}");
        block_on(s.push(ids[at])).unwrap();
    }
    let mut other = ids.clone();
    other[100] = 7;
    assert_eq!(block_on(s.prefill(&other)).unwrap(), 100);
    let reused = block_on(s.logits()).unwrap();
    assert!(relative_error(&truth(&mut s, &other)[149], &reused) < 1e-5);
}

#[test]
fn the_same_prompt_again_runs_nothing() {
    let mut s = session(reference(), Llama::SMALL, 64, Kind::F16);
    let ids = prompt(20);
    assert_eq!(block_on(s.prefill(&ids)).unwrap(), 0);
    let (first, next) = (block_on(s.logits()).unwrap(), block_on(s.next(Choice::GREEDY, 1)).unwrap()[0]);
    for _ in 0..5 {
        block_on(s.next(Choice::GREEDY, 1)).unwrap();
    }
    assert_ne!(block_on(s.logits()).unwrap(), first);
    assert_eq!(block_on(s.prefill(&ids)).unwrap(), 20);
    assert_eq!(block_on(s.logits()).unwrap(), first);
    assert_eq!(s.ids(), ids);
    // And what follows is what followed before.
    block_on(s.push(next)).unwrap();
    let again = block_on(s.logits()).unwrap();
    block_on(s.prefill(&[3, 4])).unwrap();
    block_on(s.prefill(&ids)).unwrap();
    block_on(s.push(next)).unwrap();
    assert_eq!(block_on(s.logits()).unwrap(), again);
}

/// A damaged file, or halves that a sum has left: nothing that could be taken for an answer.
#[test]
fn scores_that_are_no_numbers_are_no_answer() {
    for on in backends::everywhere() {
        for (bad, drawn) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (f32::NAN, 0.0), (-f32::NAN, 0.0)] {
            let name = format!("{bad} on {}, temperature {drawn}", on.caps().device);
            let mut s = session(on.clone(), Llama::SMALL, 64, Kind::F16);
            block_on(s.prefill(&prompt(5))).unwrap();
            let choice = Choice { how: Sampling { temperature: drawn, ..Choice::GREEDY.how }, seed: 1 };
            assert!(block_on(s.next(choice, 1)).is_ok(), "{name}");
            on.write(s.model.weight("norm.weight").unwrap(), 0, &bad.to_le_bytes()).unwrap();
            block_on(s.prefill(&prompt(6))).unwrap();
            assert_eq!(block_on(s.next(choice, 4)).unwrap_err().code, "numbers", "{name}");
            block_on(s.prefill(&prompt(7))).unwrap();
            assert_eq!(block_on(s.logits()).unwrap_err().code, "numbers", "{name}");
            assert_eq!(block_on(s.every(&prompt(7), |_| ())).unwrap_err().code, "numbers", "{name}");
        }
    }
}

#[test]
fn every_backend_says_the_same() {
    for llama in [Llama::SMALL, Llama { kind: Kind::Q4_1, own_head: true, groups: 1, ..Llama::SMALL }] {
        let ids = prompt(40);
        let want = truth(&mut session(reference(), llama, 64, Kind::F32), &ids);
        let mut others: Vec<Rc<dyn Backend>> = vec![];
        others.extend(backends::cpus().into_iter().map(|c| Rc::new(c) as Rc<dyn Backend>));
        others.extend(block_on(backends::gpu()).map(|g| Rc::new(g) as Rc<dyn Backend>));
        // With forms for hardware, and those of them that round.
        for rounds in [None, Some(&HALF), Some(&INT8)] {
            others.extend(block_on(backends::gpu()).map(|g| {
                let mut gpu = rounds.into_iter().fold(g, Gpu::rounding);
                gpu.act_as(On::Hardware);
                Rc::new(gpu) as Rc<dyn Backend>
            }));
        }
        for on in others {
            let name = format!("{} {:?}", on.caps().device, on.caps().features);
            let rounds = llama.kind != Kind::F32 && on.caps().features.iter().any(|f| f == INT8.name);
            let got = truth(&mut session(on, llama, 64, Kind::F16), &ids);
            let worst = want.iter().zip(&got).map(|(w, g)| relative_error(w, g)).fold(0.0, f32::max);
            println!("{name}: {worst:.1e} for {llama:?}");
            // Caches in f16 round at 5e-4, and so do factors of half precision; activations in 8 bits at 4e-3 in each of twenty products,
            // in a net whose widths are too small for errors to average out.
            assert!(worst < if rounds { 0.15 } else { 5e-3 }, "{name}: {worst} for {llama:?}");
        }
    }
}

/// Products of q, k and v in one; rope and caches; attention; output; sum and norm; gate and up; down; sum and norm.
const LAYER: u64 = 8;

/// What a second layer adds to a token, to a prompt and to a measurement.
#[test]
fn a_layer_is_eight_dispatches() {
    let dispatches = |layers: usize, kind: Kind, ids: &[u32]| {
        let mut s = session(reference(), Llama { layers, kind, ..Llama::SMALL }, 64, Kind::F16);
        s.take_bill();
        block_on(s.prefill(ids)).unwrap();
        let last = s.take_bill().dispatches;
        truth(&mut s, ids);
        [last, s.take_bill().dispatches]
    };
    for kind in [Kind::F32, Kind::Q4_1, Kind::Q8_0] {
        for rows in [1, 2, 40] {
            let [one, two] = [1, 2].map(|layers| dispatches(layers, kind, &prompt(rows)));
            assert_eq!([0, 1].map(|i| two[i] - one[i]), [LAYER; 2], "{rows} rows of {kind:?}");
        }
    }
}

/// Weights that cannot be stacked because their formats differ: other steps, the same numbers.
#[test]
fn formats_may_differ_within_a_layer() {
    let ids = prompt(20);
    let llama = Llama { odd: Kind::F16, ..Llama::SMALL };
    let model = |on, mixed| model(on, Llama { mixed, ..llama }, None);
    let stacked = model(reference(), false);
    assert!(stacked.weight("layers.0.mlp.gate.weight").is_err());
    let mixed = model(reference(), true);
    assert_eq!(mixed.weight("layers.0.mlp.gate.weight").unwrap().kind, Kind::F32);
    assert_eq!(mixed.weight("layers.0.mlp.up.weight").unwrap().kind, Kind::F16);
    assert_eq!(mixed.weight("layers.0.attn.v.weight").unwrap().kind, Kind::F16);
    let [want, got] = [stacked, mixed].map(|m| truth(&mut Session::new(m, 32, Kind::F32).unwrap(), &ids));
    assert_eq!(want, got);
    let mut others: Vec<Rc<dyn Backend>> = vec![];
    others.extend(backends::cpus().into_iter().map(|c| Rc::new(c) as Rc<dyn Backend>));
    others.extend(block_on(backends::gpu()).map(|g| Rc::new(g) as Rc<dyn Backend>));
    for on in others {
        let name = on.caps().device.clone();
        let got = truth(&mut Session::new(model(on, true), 32, Kind::F32).unwrap(), &ids);
        let worst = want.iter().zip(&got).map(|(w, g)| relative_error(w, g)).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{name}: {worst}");
    }
}

#[test]
fn weights_can_be_packed_at_load() {
    let wide = Llama { heads: 4, head: 32, inner: 256, vocab: 64, ..Llama::SMALL };
    let ids: Vec<u32> = prompt(12).iter().map(|i| i % 64).collect();
    let want = truth(&mut session(reference(), wide, 32, Kind::F32), &ids);
    let mut last = f32::INFINITY;
    // More bits, less error; and the weights are really stored so.
    for kind in [Kind::Q4_0, Kind::Q8_0, Kind::F16] {
        let model = model(reference(), wide, Some(kind));
        assert_eq!(model.weight("layers.0.attn.o.weight").unwrap().kind, kind);
        let got = truth(&mut Session::new(model, 32, Kind::F32).unwrap(), &ids);
        let error = want.iter().zip(&got).map(|(w, g)| relative_error(w, g)).fold(0.0, f32::max);
        println!("{kind:?}: {error}");
        assert!(error > 0.0 && error < last / 3.0, "{kind:?}: {error} after {last}");
        last = error;
    }
}

#[test]
fn what_cannot_be_is_said() {
    let mut s = session(reference(), Llama::SMALL, 8, Kind::F16);
    for (ids, word) in [(vec![], "empty"), (prompt(9), "9 tokens"), (vec![160], "beyond")] {
        let e = block_on(s.prefill(&ids)).unwrap_err();
        assert!(e.code == "prompt" && e.what.contains(word), "{e}");
    }
    block_on(s.prefill(&prompt(8))).unwrap();
    assert_eq!(block_on(s.push(1)).unwrap_err().code, "context");
    assert!(Session::new(s.model.clone(), 513, Kind::F16).is_err_and(|e| e.what.contains("513")));
}

#[test]
fn a_checkpoint_that_is_not_one_is_refused() {
    let load = |bytes: Vec<u8>| {
        block_on(async {
            let checkpoint = Rc::new(Checkpoint::gguf(Rc::new(Memory::new("bad.gguf", bytes))).await?);
            Model::load(reference(), Host::native(), checkpoint, None, &mut |_, _| ()).await.map(drop)
        })
    };
    let good = Llama::SMALL.gguf(1);
    assert!(load(good.clone()).is_ok());
    let swap = |from: &[u8], to: &[u8]| {
        let mut bytes = good.clone();
        let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        load(bytes).unwrap_err()
    };
    let wrong = swap(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0lamma");
    assert!(wrong.code == "architecture" && wrong.what.contains("lamma") && wrong.hint.contains("llama"), "{wrong}");
    let missing = swap(b"blk.1.ffn_up", b"blk.1.ffn_xx");
    assert!(missing.code == "missing" && missing.what.contains("'blk.1.ffn_up.weight'"), "{missing}");
    let numbered = load(Llama { kind: Kind::U32, ..Llama::SMALL }.gguf(1)).unwrap_err();
    assert!(numbered.code == "kind" && numbered.what.contains("'token_embd.weight'"), "{numbered}");
    let full = Llama { own_head: true, ..Llama::SMALL }.gguf(1);
    let at = full.windows(21).position(|w| w == b"\x0d\0\0\0\0\0\0\0output.weight").unwrap() + 8;
    let mut unknown = full.clone();
    unknown[at..at + 6].copy_from_slice(b"strang");
    let unknown = load(unknown).unwrap_err();
    assert!(unknown.code == "tensor" && unknown.what.contains("strang"), "{unknown}");
    let key = b"llama.attention.head_count\x04\0\0\0";
    let shape = swap(key, &[&key[..], &8u32.to_le_bytes()].concat());
    assert!(shape.code == "shape" && shape.what.contains("blk.0.attn_k"), "{shape}");
    let zero = swap(key, &[&key[..], &0u32.to_le_bytes()].concat());
    assert!(zero.code == "config" && zero.what.contains("head_count"), "{zero}");
}

/// A profiled run says the same as any other, and accounts for every step, with a device's clock and with repeats.
#[test]
fn a_profile_changes_no_id_and_leaves_nothing_out() {
    let llama = Llama { kind: Kind::Q4_1, ..Llama::SMALL };
    let mut backends: Vec<Rc<dyn Backend>> = vec![reference()];
    backends.extend(backends::cpus().into_iter().take(2).map(|c| Rc::new(c) as Rc<dyn Backend>));
    backends.extend(block_on(backends::gpu()).map(|g| Rc::new(g) as Rc<dyn Backend>));
    backends.extend(block_on(Gpu::open_with(Host::native(), |_| false)).map(|g| Rc::new(g) as Rc<dyn Backend>));
    for on in backends {
        let name = format!("{} {:?}", on.caps().device, on.caps().features);
        let mut s = session(on, llama, 200, Kind::F16);
        let ask = |s: &mut Session, first: u32| {
            let mut ids = prompt(40);
            ids[0] = first;
            block_on(s.prefill(&ids)).unwrap();
            let mut got = vec![];
            while got.len() < 9 {
                got.extend(block_on(s.next(Choice::GREEDY, 9 - got.len())).unwrap());
            }
            got
        };
        let want = ask(&mut s, 5);
        ask(&mut s, 6);
        s.take_bill();
        s.profile = Some(Profile::default());
        assert_eq!(ask(&mut s, 5), want, "{name}");
        let profile = s.profile.take().unwrap();
        println!("{name}: {profile:?}");
        let bill = s.take_bill();
        let (steps, flops) = profile.rows.values().fold((0, 0), |(s, f), row| (s + row.steps, f + row.flops));
        // Drawing is not on the bill: ids are nine, and each is drawn and put into its place.
        assert_eq!(profile.rows["sample"].steps, 9, "{name}");
        assert_eq!((steps, flops), (bill.dispatches + 2 * 9, bill.flops + profile.rows["sample"].flops), "{name}");
        assert!(!profile.clock.is_empty() && profile.resolution > 0.0 && profile.resolution < 1.0, "{name}");
        // Whatever else takes time, products do.
        assert!(profile.rows["matmul"].ms > 0.0 && profile.ms() > profile.rows["matmul"].ms, "{name}");
        assert!(profile.ms() < 60_000.0, "{name}");
        // And it is over when it is over.
        assert_eq!(ask(&mut s, 6), ask(&mut s, 6));
    }
}
