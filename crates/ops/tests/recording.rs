//! Recordings: what is refused, what a run may change, and the null backend's bill, counted by hand.

use pollster::block_on;
use squint_ops::op::{Experts, Sight, Span};
use squint_ops::{Backend, Kind, Null, OPS, Recording, Reference, Role};

fn add() -> &'static squint_ops::OpSpec {
    OPS.iter().find(|o| o.stem == "add").unwrap_or_else(|| panic!("no op 'add'"))
}

#[test]
fn the_bill_is_what_counting_by_hand_gives() {
    // x [2, 4] · w [3, 4] in f16 → t [2, 3]; t + bias [3] → u [2, 3]; rms_norm(u) → y [2, 3].
    let mut rec = Recording::default();
    let x = rec.input("x", Kind::F32, 8);
    let w = rec.weight("w", Kind::F16, 12);
    let bias = rec.weight("bias", Kind::F32, 3);
    let t = rec.matmul(x, w, 4);
    let u = rec.add(t, bias);
    let y = rec.rms_norm(u, bias, 1e-5);
    rec.output(y);
    rec.check().unwrap();
    let bill = Null::bill(&rec, &[]).unwrap();
    assert_eq!(bill.dispatches, 3);
    assert_eq!(bill.flops, 2 * 2 * 3 * 4 + 6 + 4 * 6);
    assert_eq!(bill.bytes, (32 + 24 + 24) + (24 + 12 + 24) + (24 + 12 + 24));
    // x, w, bias and y stay; t and u live together during the addition.
    assert_eq!(bill.resident_bytes, 32 + 24 + 12 + 24);
    assert_eq!(bill.peak_bytes, bill.resident_bytes + 24 + 24);

    let null = Null::default();
    let ready = block_on(null.prepare(&rec, &[])).unwrap();
    block_on(null.run(&ready, &[])).unwrap();
    block_on(null.run(&ready, &[])).unwrap();
    assert_eq!((null.total().flops, null.total().peak_bytes), (2 * bill.flops, bill.peak_bytes));
}

/// A step that reads ten rows of a cache or a table, or writes three, is not billed for the thousand there are.
#[test]
fn a_step_is_billed_for_what_it_touches() {
    let (groups, head, room, rows, keys) = (2, 4, 1000, 3, 10);
    let bytes = |build: &dyn Fn(&mut Recording)| {
        let mut rec = Recording::default();
        build(&mut rec);
        rec.check().unwrap();
        Null::bill(&rec, &[]).unwrap().bytes as usize
    };
    let cache = |rec: &mut Recording| rec.buffer("cache", Role::State, Kind::F16, groups * head * room);
    let row = groups * head;
    let wrote = bytes(&|rec| {
        let (x, cache) = (rec.input("x", Kind::F32, rows * 3 * row), cache(rec));
        rec.kv_write(x, Span { at: 8.into(), step: 3 * row }, cache, [groups, head], 7.into());
    });
    assert_eq!(wrote, rows * row * (4 + 2));
    let attended = bytes(&|rec| {
        let (q, caches) = (rec.input("q", Kind::F32, rows * row), [cache(rec), cache(rec)]);
        let sight = Sight { keys: (keys as u32).into(), start: 7.into(), causal: true, prefix: 0 };
        rec.attention(q, caches, None, [groups, groups, head], sight);
    });
    assert_eq!(attended, 2 * rows * row * 4 + 2 * keys * row * 2);
    let looked_up = bytes(&|rec| {
        let (ids, table) = (rec.input("ids", Kind::U32, rows), rec.matrix("table", Kind::Q8_0, room, 64));
        rec.embed(ids, table, 64);
    });
    assert_eq!(looked_up, rows * 4 + rows * 2 * 34 + rows * 64 * 4);
    // No more experts than there are, however many choices.
    for (each, read) in [(2, 2 * rows), (9, 20)] {
        let (outs, depth, experts) = (8, 32, 20);
        let chosen = bytes(&|rec| {
            let (x, w) = (rec.input("x", Kind::F32, rows * depth), rec.matrix("w", Kind::F16, experts * outs, depth));
            let ids = rec.input("ids", Kind::U32, rows * each);
            rec.matmul_id(x, w, ids, None, Experts { outs, depth, each, summed: true });
        });
        assert_eq!(chosen, rows * depth * 4 + read * outs * depth * 2 + rows * each * 4 + rows * outs * 4);
    }
}

/// A convolution of the past without a place for the present means nothing.
#[test]
fn a_convolution_without_width_is_refused() {
    let refused = |width: usize| {
        let mut rec = Recording::default();
        let [x, w, bias] = [10, 5 * width, 5].map(|n| rec.input("x", Kind::F32, n));
        let state = rec.buffer("state", Role::State, Kind::F32, 5 * 3);
        rec.ssm_conv(x, w, bias, state);
        rec.check().err()
    };
    assert!(refused(0).unwrap().what.contains("width of zero"));
    assert_eq!((refused(1), refused(4)), (None, None));
}

/// What `rms_norm` joins to the addition before it, and what it leaves alone.
#[test]
fn a_norm_joins_the_sum_it_reads() {
    let stems = |build: &dyn Fn(&mut Recording)| -> Vec<&str> {
        let mut rec = Recording::default();
        build(&mut rec);
        rec.check().unwrap();
        rec.steps.iter().map(|s| s.op.stem).collect()
    };
    let [x, w] = [8, 4].map(|n| move |rec: &mut Recording| rec.input("x", Kind::F32, n));
    let joined = stems(&|rec| {
        let (x, w) = (x(rec), w(rec));
        let sum = rec.add(x, x);
        let y = rec.rms_norm(sum, w, 1e-5);
        rec.add(sum, y);
    });
    assert_eq!(joined, ["add_norm", "add"]);
    let a_bias = stems(&|rec| {
        let (x, w) = (x(rec), w(rec));
        let sum = rec.add(x, w);
        rec.rms_norm(sum, w, 1e-5);
    });
    assert_eq!(a_bias, ["add", "rms_norm"]);
    let of_something_else = stems(&|rec| {
        let (x, w) = (x(rec), w(rec));
        rec.add(x, x);
        rec.rms_norm(x, w, 1e-5);
    });
    assert_eq!(of_something_else, ["add", "rms_norm"]);
    let not_right_behind = stems(&|rec| {
        let (x, w) = (x(rec), w(rec));
        let sum = rec.add(x, x);
        rec.add(x, x);
        rec.rms_norm(sum, w, 1e-5);
    });
    assert_eq!(not_right_behind, ["add", "add", "rms_norm"]);
}

#[test]
fn a_run_value_changes_a_run_and_stays_within_its_most() {
    // y = a + b over the first `n` numbers only.
    let mut rec = Recording::default();
    let (a, b) = (rec.input("a", Kind::F32, 4), rec.input("b", Kind::F32, 4));
    let y = rec.buffer("y", Role::Output, Kind::F32, 4);
    let n = rec.run_value("n", 4);
    rec.step(add(), &[n, 4u32.into()], &[a, b, y]);
    let on = Reference::default();
    let ready = block_on(on.prepare(&rec, &[])).unwrap();
    on.write(ready.handle(a), 0, &Kind::F32.pack_all(&[1.0, 2.0, 3.0, 4.0])).unwrap();
    on.write(ready.handle(b), 0, &Kind::F32.pack_all(&[10.0; 4])).unwrap();
    let read = || Kind::F32.unpack_all(&block_on(on.read(ready.handle(y))).unwrap());
    block_on(on.run(&ready, &[2])).unwrap();
    assert_eq!(read(), [11.0, 12.0, 0.0, 0.0]);
    block_on(on.run(&ready, &[4])).unwrap();
    assert_eq!(read(), [11.0, 12.0, 13.0, 14.0]);
    assert!(block_on(on.run(&ready, &[5])).unwrap_err().what.contains("'n' is 5"));
    assert!(block_on(on.run(&ready, &[])).is_err());
}

#[test]
fn a_recording_that_cannot_run_is_refused_before_it_runs() {
    let refused = |build: &dyn Fn(&mut Recording)| {
        let mut rec = Recording::default();
        build(&mut rec);
        block_on(Reference::default().prepare(&rec, &[])).map(drop).unwrap_err().what
    };
    let f = |rec: &mut Recording, n| rec.input("i", Kind::F32, n);
    let too_small = refused(&|rec| {
        let (a, b, y) = (f(rec, 4), f(rec, 4), rec.temp(3));
        rec.step(add(), &[4u32.into(), 4u32.into()], &[a, b, y]);
    });
    assert!(too_small.contains("holds 3 numbers, slot 'y' needs 4"), "{too_small}");
    let wrong_kind = refused(&|rec| {
        let (a, b, y) = (rec.weight("w", Kind::F16, 4), f(rec, 4), rec.temp(4));
        rec.step(add(), &[4u32.into(), 4u32.into()], &[a, b, y]);
    });
    assert!(wrong_kind.contains("'w' for slot 'a' is f16"), "{wrong_kind}");
    let in_place = refused(&|rec| {
        let (a, b) = (f(rec, 4), f(rec, 4));
        rec.step(add(), &[4u32.into(), 4u32.into()], &[a, b, a]);
    });
    assert!(in_place.contains("written and used by another slot"), "{in_place}");
    let a_weight = refused(&|rec| {
        let (a, b, w) = (f(rec, 4), f(rec, 4), rec.weight("w", Kind::F32, 4));
        rec.step(add(), &[4u32.into(), 4u32.into()], &[a, b, w]);
    });
    assert!(a_weight.contains("weight 'w' would be written"), "{a_weight}");
    let too_few = refused(&|rec| {
        let a = f(rec, 4);
        rec.step(add(), &[4u32.into()], &[a]);
    });
    assert!(too_few.contains("1 buffers and 1 parameters"), "{too_few}");
    let absurd = refused(&|rec| {
        let (a, b, y) = (f(rec, 4), f(rec, 4), rec.temp(4));
        rec.step(add(), &[u32::MAX.into(), u32::MAX.into()], &[a, b, y]);
    });
    assert!(absurd.contains("needs 4294967295"), "{absurd}");
}
