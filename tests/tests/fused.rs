//! Fused steps against the steps they stand for, on every backend: the same bits where they share their bodies, the last
//! digit where a GPU's compiler may join other products and sums.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed test")]

use pollster::block_on;
use squint_ops::case::{Case, Rng, relative_error};
use squint_ops::{Backend, Buf, Null, OPS, On, Recording, Reference};
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
    let Some(gpu) = block_on(backends::gpu()) else { return };
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
