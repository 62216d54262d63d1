//! Fused steps against the steps they stand for, on every backend: the same bits where they share their bodies, the last
//! digit where a GPU's compiler may join other products and sums.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed test")]

use pollster::block_on;
use squint_ops::case::{Case, Rng, relative_error};
use squint_ops::op::{FUNCTIONS, Rope, Span};
use squint_ops::{Backend, Buf, Kind, Null, OPS, On, Recording, Reference, Role};
use squint_tests::backends;

/// How far apart the two may be on a GPU.
const DIGIT: f32 = 2e-6;

fn stems(case: &Case) -> Vec<&str> {
    case.rec.steps.iter().map(|s| s.op.stem).collect()
}

/// Both recordings with the same inputs. They do the same arithmetic, too.
fn same(name: &str, one: &Case, apart: &Case, limit: f32) {
    let flops = |case: &Case| Null::bill(&case.rec, &[]).unwrap().flops;
    assert_eq!(flops(one), flops(apart), "{name}");
    let error = |on: &dyn Backend| {
        let [one, apart] = [one, apart].map(|case| block_on(case.run(on)).unwrap());
        apart.iter().zip(&one).map(|(a, o)| relative_error(a, o, 0.0)).fold(0.0, f32::max)
    };
    assert_eq!(error(&Reference::default()), 0.0, "{name} on reference");
    for cpu in backends::cpus() {
        assert_eq!(error(&cpu), 0.0, "{name} on {}", cpu.caps().device);
    }
    let Some(mut gpu) = block_on(backends::gpu()) else { return };
    for on in [On::Hardware, On::Software] {
        gpu.act_as(on);
        let error = error(&gpu);
        assert!(error <= limit, "{name} on {}, {on:?}: {error:e}", gpu.caps().device);
    }
}

/// A step as the op's row has it, so that no method of `Recording` can join it with another.
fn plain(rec: &mut Recording, stem: &str, words: &[u32], bufs: &[Buf]) {
    let op = OPS.iter().find(|o| o.stem == stem).unwrap();
    rec.step(op, &words.iter().map(|w| (*w).into()).collect::<Vec<_>>(), bufs);
}

#[test]
fn a_sum_and_its_norm() {
    for (rows, cols) in [(1, 576), (7, 33), (90, 300)] {
        let make = |apart: bool| {
            let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(4));
            let [a, b] = [0; 2].map(|_| case.numbers(rng, rows * cols));
            let w = case.numbers(rng, cols);
            let sum = case.rec.add(a, b);
            if !apart {
                let y = case.rec.rms_norm(sum, w, 1e-5);
                return case.output(sum).output(y);
            }
            let y = case.rec.temp(rows * cols);
            plain(&mut case.rec, "rms_norm", &[rows as u32, cols as u32, 1e-5f32.to_bits()], &[sum, w, y]);
            case.output(sum).output(y)
        };
        let (one, apart) = (make(false), make(true));
        assert_eq!((stems(&one), stems(&apart)), (vec!["add_norm"], vec!["add", "rms_norm"]));
        same(&format!("{rows}×{cols}"), &one, &apart, DIGIT);
    }
}

#[test]
fn turning_and_writing() {
    let (rows, room, start) = (9, 30, 17);
    for kind in [Kind::F32, Kind::F16] {
        for (heads, groups, head, rotated, side_by_side) in
            [(9, 3, 64, 64, true), (4, 4, 24, 24, false), (6, 2, 20, 10, false), (2, 1, 32, 12, true)]
        {
            let gain = if rotated == head { 1.0 } else { 1.19 };
            let (how, sizes) = (Rope { rotated, side_by_side, gain }, [heads, groups, head]);
            let make = |apart: bool| {
                let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(6));
                let each = [heads, groups, groups].map(|n| n * head);
                let all: Vec<Vec<f32>> = each.map(|n| (0..rows * n).map(|_| rng.number()).collect()).into();
                let pos = case.ids(rng, rows, 3000);
                let table = case.stored(Kind::F32, &how.table(10_000.0));
                let caches = [0; 2].map(|_| case.rec.buffer("cache", Role::Output, kind, groups * room * head));
                let y = if apart {
                    let [q, k, v] = [0, 1, 2].map(|i| case.stored(Kind::F32, &all[i]));
                    let [q, k] = [q, k].map(|x| case.rec.rope(x, pos, table, head, how));
                    let whole = Span { at: 0.into(), step: groups * head };
                    case.rec.kv_write(k, whole, caches[0], [groups, head], start.into());
                    case.rec.kv_write(v, whole, caches[1], [groups, head], start.into());
                    q
                } else {
                    let mut beside = vec![];
                    for r in 0..rows {
                        (0..3).for_each(|i| beside.extend(&all[i][r * each[i]..][..each[i]]));
                    }
                    let x = case.stored(Kind::F32, &beside);
                    case.rec.rope_write(x, (pos, table), caches, sizes, how, start.into())
                };
                caches.into_iter().fold(case.output(y), Case::output)
            };
            // A key next to the middle between two numbers of 16 bits may fall either way.
            let limit = if kind == Kind::F16 { 1e-3 } else { DIGIT };
            same(&format!("{sizes:?} {how:?} {kind:?}"), &make(false), &make(true), limit);
        }
    }
}

#[test]
fn a_gate_and_what_it_lets_through() {
    for (i, kind) in [Kind::F32, Kind::F16, Kind::Q8_0, Kind::Q4_1, Kind::Q6_K].into_iter().enumerate() {
        for (rows, outs, depth) in [(1, 96, 512), (3, 7, 256), (40, 45, 512), (70, 160, 256)] {
            let function = FUNCTIONS[i % FUNCTIONS.len()].name;
            let make = |apart: bool| {
                let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(7));
                let x = case.numbers(rng, rows * depth);
                let w = case.matrix(rng, kind, 2 * outs, depth);
                let y = if apart {
                    let both = case.rec.matmul(x, w, depth);
                    case.rec.activate(both, outs, function, true).unwrap()
                } else {
                    case.rec.matmul_gated(x, w, depth, function).unwrap()
                };
                case.output(y)
            };
            same(&format!("{function} {rows}×2·{outs}×{depth} {kind:?}"), &make(false), &make(true), 1e-5);
        }
    }
}

/// A weight that a GPU may hold in shards stays with the product that takes shards.
#[test]
fn a_gate_too_large_for_one_buffer_is_two_steps() {
    let steps = |kind: Kind, outs: usize| -> usize {
        let mut rec = Recording::default();
        let x = rec.input("x", Kind::F32, 4096);
        let w = rec.matrix("w", kind, 2 * outs, 4096);
        rec.matmul_gated(x, w, 4096, "silu").unwrap();
        rec.check().unwrap();
        rec.steps.len()
    };
    // Blocks of 34 bytes take 36 on a GPU.
    for (kind, most) in [(Kind::F32, 4096), (Kind::F16, 8192), (Kind::Q8_0, (1 << 26) / 4096 * 32 / 36)] {
        assert_eq!([most, most + 1].map(|outs| steps(kind, outs)), [1, 2], "{kind:?}");
    }
}
