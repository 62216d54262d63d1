//! Steps in parts: shared between threads, and let go of between two parts, whatever op they are.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed test")]

use pollster::block_on;
use squint_cpu::{CUTS, Cpu, Isa, KERNELS, WHOLE};
use squint_ops::case::{Case, Rng};
use squint_ops::op::Experts;
use squint_ops::{Grid, Host, Kind, OPS, Reference, Window};
use std::cell::Cell;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;

#[test]
fn every_op_has_a_kernel_or_is_cut_or_says_why_not() {
    for op in OPS {
        let ways = [
            KERNELS.iter().filter(|k| k.stem == op.stem).count(),
            CUTS.iter().filter(|c| c.stem == op.stem).count(),
            WHOLE.iter().filter(|(stem, why)| *stem == op.stem && !why.is_empty()).count(),
        ];
        assert_eq!(ways.iter().sum::<usize>(), 1, "{}: kernels, cuts, reasons {ways:?}", op.stem);
    }
    let all = CUTS.len() + KERNELS.len() + WHOLE.len();
    assert_eq!(all, OPS.len(), "a row is no op's");
}

/// The twin on the items of each part makes the same bits as on all of them at once.
#[test]
fn pieces_of_a_twin_make_up_the_whole() {
    for cut in CUTS {
        let op = OPS.iter().find(|o| o.stem == cut.stem).unwrap();
        for threads in [1, 3] {
            let cpu = Cpu::new(Host::native(), Isa::best(), threads).eager();
            for seed in 0..60 {
                let case = (op.case)(&mut Rng::new(300 + seed));
                let bits = |all: Vec<Vec<f32>>| -> Vec<u32> { all.into_iter().flatten().map(f32::to_bits).collect() };
                let want = bits(block_on(case.run(&Reference::default())).unwrap());
                assert_eq!(bits(block_on(case.run(&cpu)).unwrap()), want, "{}: {}", op.stem, case.name);
            }
            assert!(threads == 1 || cpu.splits() > 0, "{} was not shared out", op.stem);
        }
    }
}

/// A clock that runs, and a count of the pauses that were taken.
fn counted() -> (Host, Rc<Cell<usize>>) {
    let pauses = Rc::new(Cell::new(0));
    let (clock, count) = (Cell::new(0.0), pauses.clone());
    let pause = move || -> Pin<Box<dyn Future<Output = ()>>> {
        count.set(count.get() + 1);
        Box::pin(ready(()))
    };
    (Host { now: Rc::new(move || clock.replace(clock.get() + 40.0)), pause: Rc::new(pause) }, pauses)
}

/// Each a third of a second by itself, or more: an op's twin, and kernels, on lanes whose pace is known.
fn long() -> [(usize, Case); 3] {
    let rng = &mut Rng::new(2);
    let mut cells = Case::new("cells".into());
    let (rows, keys, cols) = (400, 50, 128);
    let [q, k, v] = [1, keys, keys].map(|n| cells.numbers(rng, n * rows * cols));
    let y = cells.rec.cell_attention(q, [k, v], cols);
    let cells = cells.output(y);
    // 400 · 50 · 128 · 6 operations and numbers, and a few more: ten stretches of 30 ms at 50,000 a millisecond.
    let mut conv = Case::new("convolution".into());
    let x = conv.numbers(rng, 40 * 40 * 64);
    let w = conv.weights(rng, Kind::F32, 64 * 64 * 9);
    let (y, _) = conv.rec.conv2d(x, (w, None), Grid::square(40), [64, 64, 1], Window::new(3, 1, 1));
    let conv = conv.output(y);
    // 1600 · 64 · 576 products: ten stretches at 200,000 a millisecond.
    let mut experts = Case::new("experts".into());
    let (rows, how) = (200, Experts { outs: 256, depth: 512, each: 2, summed: true });
    let x = experts.numbers(rng, rows * how.depth);
    let w = experts.matrix(rng, Kind::Q4_0, 4 * how.outs, how.depth);
    let ids = experts.ids(rng, rows * how.each, 4);
    let y = experts.rec.matmul_id(x, w, ids, None, how);
    // 400 · 256 · 512 products: nine stretches.
    [(11, cells), (10, conv), (9, experts.output(y))]
}

/// A stop is seen between any two parts, and three threads, which share each part, need a third of them.
#[test]
fn long_steps_let_messages_in() {
    for (parts, case) in long() {
        let count = |threads| {
            let (host, pauses) = counted();
            let cpu = Cpu::new(host, Isa::available()[0], threads);
            block_on(case.run(&cpu)).unwrap();
            (pauses.get(), cpu.splits())
        };
        let ((alone, none), (shared, splits)) = (count(1), count(3));
        assert!(alone == parts && none == 0, "{}: {alone} pauses, {none} splits on one thread", case.name);
        let third = (parts - 1) / 3 + 1;
        assert!(shared == third && splits >= third, "{}: {shared} pauses, {splits} splits on three", case.name);
    }
}
