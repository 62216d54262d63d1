//! The instruction sets against each other and against plain arithmetic, natively and inside a browser. scripts/test wasm
//! runs this twice there: compiled for simd128, and for relaxed SIMD.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed test")]

use squint_cpu::{Cpu, Isa};
use squint_ops::case::{Case, Rng, relative_error};
use squint_ops::op::{Experts, Rope, Sight};
use squint_ops::{Backend, Buf, Host, Kind, OPS, Recording, Reference, WEIGHTS};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn host() -> Host {
    Host { now: Rc::new(|| 0.0), pause: Rc::new(|| Box::pin(std::future::ready(()))) }
}

/// The cpu backend never waits for anything but `pause`.
fn now<T>(future: impl Future<Output = T>) -> T {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the cpu backend waits for something"),
    }
}

fn integers() -> impl Iterator<Item = Kind> {
    WEIGHTS.iter().copied().filter(|kind| kind.codes.is_some())
}

struct Product {
    case: Case,
    x: Vec<f32>,
    w: Vec<f32>,
    rows: usize,
    outs: usize,
    depth: usize,
    /// Activations have 16 bits.
    wide: bool,
}

/// A matmul whose activations differ in size from block to block, with a block of zeros among them.
fn product(rng: &mut Rng, kind: Kind) -> Product {
    let (rows, outs, depth) = (rng.size(1, 9), rng.size(1, 40), 256 * rng.size(1, 3));
    let mut case = Case::new(format!("{rows}×{outs}×{depth} {kind:?}"));
    let sizes: Vec<f32> = (0..rows * depth / 32).map(|_| *rng.pick(&[0.0, 1e-3, 1.0, 1.0, 30.0])).collect();
    let x: Vec<f32> = (0..rows * depth).map(|i| sizes[i / 32] * rng.number()).collect();
    let input = case.rec.input("x", Kind::F32, x.len());
    case.inputs.push((input, Kind::F32.pack_all(&x)));
    let w = case.matrix(rng, kind, outs, depth);
    let unpacked = kind.unpack_all(&case.inputs[1].1);
    let y = case.rec.matmul(input, w, depth);
    Product { case: case.output(y), x, w: unpacked, rows, outs, depth, wide: kind == Kind::Q8_0 }
}

fn products() -> impl Iterator<Item = Product> {
    integers().flat_map(|kind| (0..12).map(move |i| product(&mut Rng::new(70 + i), kind)))
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

fn bits(hash: u64, v: &f32) -> u64 {
    (hash ^ v.to_bits() as u64).wrapping_mul(0x0100_0000_01b3)
}

const BITS: u64 = 0xdf58_88fe_976f_ccaf;

/// One number for all the bits of all the products: written down once, so that machines that never meet agree.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn integer_products_are_the_same_bits_everywhere() {
    for isa in Isa::available() {
        for threads in [1, 2] {
            let cpu = Cpu::new(host(), isa, threads);
            let hash = products().fold(START, |hash, p| now(p.case.run(&cpu)).unwrap()[0].iter().fold(hash, bits));
            assert_eq!(hash, BITS, "{} on {threads} threads: {hash:#x}", isa.name());
        }
    }
}

const LAYER: u64 = 0x3958_5fd8_430f_53d4;

/// What stands between the products of a language model, likewise: its greedy ids are then the same everywhere.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_quantized_layer_is_the_same_bits_everywhere() {
    let (heads, groups, head, before, room) = (6, 2, 32, 70, 120);
    let width = heads * head;
    for (isa, threads) in Isa::available().into_iter().flat_map(|isa| [(isa, 1), (isa, 2)]) {
        let (cpu, mut hash) = (Cpu::new(host(), isa, threads), START);
        for (i, (function, rows)) in [("silu", 1), ("gelu_tanh", 3), ("silu", 45)].into_iter().enumerate() {
            let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(40 + i as u64));
            let x = case.spread(rng, rows * width, 2.0);
            let norm = case.numbers(rng, width);
            let [wide, out, up] = [(Kind::Q4_1, width), (Kind::Q8_0, width), (Kind::Q4_0, 2 * 96)]
                .map(|(kind, outs)| case.matrix(rng, kind, outs, width));
            let down = case.matrix(rng, Kind::Q5_0, width, 96);
            let [k, v] = [0; 2].map(|_| case.weights(rng, Kind::F16, groups * room * head));
            let pos = case.ids(rng, rows, 4000);
            let how = Rope { rotated: head, side_by_side: false, gain: 1.0 };
            let table = case.stored(Kind::F32, &how.table(10_000.0));
            let rec = &mut case.rec;
            let near = rec.rms_norm(x, norm, 1e-5);
            let q = rec.matmul(near, wide, width);
            let q = rec.rope(q, pos, table, head, how);
            let [keys, start] = [before + rows as u32, before].map(Into::into);
            let sight = Sight { keys, start, causal: true, prefix: 0 };
            let y = rec.attention(q, [k, v], None, [heads, groups, head], sight);
            let y = rec.matmul(y, out, width);
            let x = rec.add(x, y);
            let near = rec.rms_norm(x, norm, 1e-5);
            let y = rec.matmul_gated(near, up, width, function).unwrap();
            let y = rec.matmul(y, down, 96);
            let y = rec.add(x, y);
            hash = now(case.output(y).run(&cpu)).unwrap()[0].iter().fold(hash, bits);
        }
        assert_eq!(hash, LAYER, "{} on {threads} threads: {hash:#x}", isa.name());
    }
}

/// A row meets its expert as it would meet that expert's weight alone: what is said of products above holds for experts.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn experts_are_the_same_bits_as_products() {
    let (rows, outs, depth, experts) = (13, 40, 512, 3);
    for kind in integers() {
        let rng = &mut Rng::new(21);
        let x: Vec<f32> = (0..rows * depth).map(|_| rng.number()).collect();
        let w: Vec<f32> = (0..experts * outs * depth).map(|_| rng.number()).collect();
        let bytes = kind.pack_all(&w);
        let mut case = Case::new(String::new());
        let (input, ids) = (case.stored(Kind::F32, &x), case.ids(rng, rows, experts));
        let chosen: Vec<usize> = case.inputs[1].1.chunks_exact(4).map(|id| id[0] as usize).collect();
        let weight = case.rec.matrix("w", kind, experts * outs, depth);
        case.inputs.push((weight, bytes.clone()));
        let y = case.rec.matmul_id(input, weight, ids, None, Experts { outs, depth, each: 1, summed: false });
        let case = case.output(y);
        for (isa, threads) in Isa::available().into_iter().flat_map(|isa| [(isa, 1), (isa, 2)]) {
            let cpu = Cpu::new(host(), isa, threads);
            let got = now(case.run(&cpu)).unwrap().remove(0);
            for r in 0..rows {
                let mut alone = Case::new(String::new());
                let input = alone.stored(Kind::F32, &x[r * depth..][..depth]);
                let weight = alone.rec.matrix("w", kind, outs, depth);
                alone.inputs.push((
                    weight,
                    bytes[chosen[r] * kind.bytes_of(outs * depth)..][..kind.bytes_of(outs * depth)].to_vec(),
                ));
                let y = alone.rec.matmul(input, weight, depth);
                let want = now(alone.output(y).run(&cpu)).unwrap().remove(0);
                assert_eq!(got[r * outs..][..outs], want, "{kind:?} row {r} on {}", cpu.caps().device);
            }
        }
    }
}

/// Mamba's scan stands between products too.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn scans_are_the_same_bits_everywhere() {
    let scan = OPS.iter().find(|op| op.stem == "ssm_scan").unwrap();
    for seed in 0..20 {
        let case = (scan.case)(&mut Rng::new(seed));
        let all = Isa::available().into_iter().flat_map(|isa| [1, 2].map(|threads| Cpu::new(host(), isa, threads)));
        let mut bits = all.map(|cpu| now(case.run(&cpu)).unwrap().concat().iter().fold(START, self::bits));
        let first = bits.next();
        assert!(bits.all(|other| Some(other) == first), "{}", case.name);
    }
}

/// Against f64 on the same rounded activations, so that nothing hides behind what rounding them costs.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn integer_products_are_those_of_the_rounded_activations() {
    let cpu = Cpu::new(host(), Isa::best(), 1);
    for p in products() {
        let rounded: Vec<f64> = p.x.chunks_exact(p.depth).flat_map(|row| round(row, p.wide)).collect();
        let dot = |r: usize, o: usize| -> f64 {
            (0..p.depth).map(|k| rounded[r * p.depth + k] * p.w[o * p.depth + k] as f64).sum()
        };
        let want: Vec<f32> = (0..p.rows * p.outs).map(|i| dot(i / p.outs, i % p.outs) as f32).collect();
        let got = now(p.case.run(&cpu)).unwrap().remove(0);
        // Sums of numbers up to 30: where they cancel, what was summed decides.
        let error = relative_error(&want, &got, (p.depth as f32).sqrt());
        assert!(error < 2e-6, "{}: {error:e}", p.case.name);
    }
}

/// A row as its integers mean it: a scale for every 32 numbers, and a second term where a block is large; or one scale of 16 bits.
fn round(row: &[f32], wide: bool) -> Vec<f64> {
    let limit = if wide { 32767.0 } else { 127.0 };
    let most = |block: &[f32]| block.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let term =
        |v: f32, most: f32| if most == 0.0 { 0.0 } else { (v * (limit / most)).round_ties_even() * (most / limit) };
    let mean = row.chunks_exact(32).map(most).sum::<f32>() / (row.len() / 32) as f32;
    let uneven = row.chunks_exact(32).any(|block| most(block) > 2.0 * mean);
    let mut out = vec![];
    for block in row.chunks_exact(32) {
        let most = most(if wide { row } else { block });
        let half = if uneven && !wide && most > mean { most / limit * 0.501 } else { 0.0 };
        out.extend(block.iter().map(|v| {
            let first = term(*v, most);
            first as f64 + term(v - first, half) as f64
        }));
    }
    out
}

/// A product with bias, activation and residual: joined into one step, and kept apart by reading what lies between.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn joined_steps_are_the_same_bits() {
    for (i, function) in ["gelu", "silu", "hard_swish", ""].into_iter().enumerate() {
        for (kind, rows, outs, depth) in [(Kind::Q8_0, 9, 37, 64), (Kind::F32, 6, 50, 33), (Kind::Q4_1, 1, 7, 96)] {
            let run = |apart: bool, cpu: &Cpu| {
                let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(i as u64));
                let (x, rest) = (case.numbers(rng, rows * depth), case.numbers(rng, rows * outs));
                let (w, bias) = (case.matrix(rng, kind, outs, depth), case.numbers(rng, outs));
                let mut between = vec![case.rec.matmul(x, w, depth)];
                between.push(case.rec.add(between[0], bias));
                if !function.is_empty() {
                    between.push(case.rec.activate(between[1], outs, function, false).unwrap());
                }
                let last = *between.last().unwrap();
                let y = if i % 2 == 0 { case.rec.add(rest, last) } else { case.rec.add(last, rest) };
                let case = case.output(y);
                let case = if apart { between.into_iter().fold(case, Case::output) } else { case };
                now(case.run(cpu)).unwrap().remove(0)
            };
            for (isa, threads) in Isa::available().into_iter().flat_map(|isa| [(isa, 1), (isa, 2)]) {
                for cpu in [Cpu::new(host(), isa, threads), Cpu::new(host(), isa, threads).exact()] {
                    assert_eq!(run(true, &cpu), run(false, &cpu), "{function} {kind:?} on {}", cpu.caps().device);
                }
            }
        }
    }
}

/// Steps that look like what follows a product, and do something else: beside it, or into what it reads.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_only_stands_after_a_product_is_not_joined() {
    let (rows, outs, depth) = (5, 32, 32);
    for i in 0..6 {
        let (mut case, rng) = (Case::new(format!("recording {i}")), &mut Rng::new(8));
        let [x, a, b] = [0; 3].map(|_| case.numbers(rng, rows * outs));
        let bias = case.numbers(rng, outs);
        let w = case.matrix(rng, Kind::F32, outs, depth);
        let rec = &mut case.rec;
        let m = rec.matmul(x, w, depth);
        let into = |rec: &mut Recording, y: Buf| rec.steps.last_mut().unwrap().bufs[2] = y;
        let y = match i {
            0 => {
                let gate = rec.activate(a, outs, "relu", false).unwrap();
                rec.mul(gate, m)
            }
            1 | 2 => {
                let sum = rec.add(a, b);
                if i == 1 { rec.add(m, sum) } else { rec.add(sum, m) }
            }
            3 => {
                let other = rec.add(a, bias);
                rec.mul(other, m)
            }
            // The sum is written where the product is read from, and where the other summand is.
            4 => {
                rec.add(m, b);
                into(rec, x);
                rec.add(x, a)
            }
            _ => {
                let t = rec.add(a, b);
                let m = rec.matmul(x, w, depth);
                rec.add(m, t);
                into(rec, t);
                rec.add(t, a)
            }
        };
        let case = case.output(y);
        let want = now(case.run(&Reference::default()));
        for isa in Isa::available() {
            let got = now(case.run(&Cpu::new(host(), isa, 1).exact()));
            match (&want, got) {
                (Ok(want), Ok(got)) => {
                    let error = relative_error(&want[0], &got[0], 0.0);
                    assert!(error < 1e-5, "{}: {error:e}", case.name);
                }
                // What may not be recorded at all is refused by both.
                (want, got) => assert!(want.is_err() && got.is_err(), "{}: {:?}", case.name, got.err()),
            }
        }
    }
}

/// A row with a number that is none has no numbers as products, on every instruction set: nothing made up, no panic.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_is_no_number_stays_none() {
    for (kind, bad) in integers().flat_map(|kind| [(kind, f32::NAN), (kind, f32::INFINITY)]) {
        let (rows, outs, depth, rng) = (6, 11, 512, &mut Rng::new(3));
        let mut case = Case::new(String::new());
        let mut x: Vec<f32> = (0..rows * depth).map(|_| rng.number()).collect();
        x[2 * depth + 77] = bad;
        let input = case.rec.input("x", Kind::F32, x.len());
        case.inputs.push((input, Kind::F32.pack_all(&x)));
        let w = case.matrix(rng, kind, outs, depth);
        let y = case.rec.matmul(input, w, depth);
        let case = case.output(y);
        for isa in Isa::available() {
            let y = now(case.run(&Cpu::new(host(), isa, 1))).unwrap().remove(0);
            let finite: Vec<bool> = y.chunks_exact(outs).map(|row| row.iter().all(|v| v.is_finite())).collect();
            assert_eq!(finite, [true, true, false, true, true, true], "{kind:?} with {bad} on {}", isa.name());
            assert!(y[2 * outs..3 * outs].iter().all(|v| !v.is_finite()), "{kind:?} with {bad} on {}", isa.name());
        }
    }
}

/// The drawn cases fit into one block of queries; these do not, and later blocks see more keys.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn attention_over_many_blocks() {
    for (heads, groups, head, causal, prefix, window) in [
        (6, 2, 16, true, 0, 0),
        (3, 3, 20, false, 0, 0),
        (2, 1, 8, true, 90, 0),
        (6, 2, 16, true, 0, 1),
        (4, 1, 12, true, 0, 67),
        (3, 3, 20, true, 0, 200),
    ] {
        let (rows, start, rng) = (230, 7, &mut Rng::new(5));
        let keys = rows + start;
        let mut case = Case::new(format!("{heads}/{groups}×{head}, window {window}"));
        let q = case.spread(rng, rows * heads * head, 3.0);
        let [k, v] = [0; 2].map(|_| case.weights(rng, Kind::F16, groups * keys * head));
        let [keys, start] = [keys as u32, start as u32].map(Into::into);
        let sight = Sight { keys, start, causal, prefix };
        let y = case.rec.attention_near(q, [k, v], None, [heads, groups, head], sight, window);
        let case = case.output(y);
        let want = now(case.run(&Reference::default())).unwrap();
        for threads in [1, 2] {
            let cpu = Cpu::new(host(), Isa::best(), threads);
            let error = relative_error(&want[0], &now(case.run(&cpu)).unwrap()[0], 0.0);
            assert!(error < 2e-6, "{} on {threads} threads: {error:e}", case.name);
            assert!(cpu.splits() > 0 || cpu.caps().threads == 1, "nothing was shared out");
        }
    }
}

/// A step of a hundred milliseconds is cut into parts that let messages in, and the parts make up the whole.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn large_steps_pause_and_stay_the_same() {
    let rng = &mut Rng::new(9);
    let (rows, outs, depth) = (50, 403, 768);
    let mut case = Case::new("large".into());
    let x = case.numbers(rng, rows * depth);
    let w = case.matrix(rng, Kind::Q4_1, outs, depth);
    let y = case.rec.matmul(x, w, depth);
    let case = case.output(y);
    let pauses = Rc::new(Cell::new(0));
    let run = |isa| {
        let (clock, count) = (Cell::new(0.0), pauses.clone());
        let tick = move || clock.replace(clock.get() + 40.0);
        let pause = move || -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
            count.set(count.get() + 1);
            Box::pin(std::future::ready(()))
        };
        let cpu = Cpu::new(Host { now: Rc::new(tick), pause: Rc::new(pause) }, isa, 1);
        now(case.run(&cpu)).unwrap().remove(0)
    };
    let all: Vec<Vec<f32>> = Isa::available().into_iter().map(run).collect();
    // 15 million products: two and a half times what plain arithmetic is trusted with at a stretch.
    assert!(pauses.get() >= 3, "{} pauses", pauses.get());
    assert!(all.iter().all(|y| *y == all[0]));
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn kernels_agree_with_the_twins() {
    use squint_ops::case::compare;
    for isa in Isa::available() {
        for cpu in [Cpu::new(host(), isa, 1), Cpu::new(host(), isa, 1).exact()] {
            for op in OPS {
                let v = compare(op, &cpu, 500, 100).await.unwrap();
                assert!(v.ok, "{} on {}: error {:e} at {}", op.stem, cpu.caps().device, v.worst, v.at);
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn the_module_has_the_lanes_it_was_compiled_for() {
    let expected = if cfg!(target_feature = "relaxed-simd") { "relaxed simd" } else { "simd128" };
    assert_eq!(Isa::best().name(), expected);
}
