//! What ops make of keys that are all masked, of sizes that are nothing, and of what is no number: the same on every
//! backend.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed test")]

use pollster::block_on;
use squint_ops::case::{Case, Rng, relative_error};
use squint_ops::op::{Looks, Over, Sight};
use squint_ops::{Backend, Kind, On, Reference};
use squint_tests::backends;

const SIZES: [usize; 3] = [4, 2, 16];

/// Shapes for every form of the shader: few and many rows, a head that is no multiple of four, several tiles of keys.
const SHAPES: [(usize, [usize; 3], usize); 5] =
    [(1, SIZES, 9), (3, SIZES, 300), (40, SIZES, 40), (40, SIZES, 150), (5, [2, 1, 10], 70)];

fn attention(rows: usize, sizes: [usize; 3], biases: &[f32], spoil: Option<f32>) -> Case {
    let [heads, groups, head] = sizes;
    let (keys, rng) = (biases.len(), &mut Rng::new(12));
    let mut case = Case::new(format!("{rows} rows of {sizes:?}, {keys} keys"));
    let mut numbers: Vec<f32> = (0..rows * heads * head).map(|_| rng.number()).collect();
    if let Some(bad) = spoil {
        // The last row, so that of the first nothing is spoilt.
        *numbers.last_mut().unwrap() = bad;
    }
    let q = case.stored(Kind::F32, &numbers);
    let [k, v] = [0; 2].map(|_| case.numbers(rng, groups * keys * head));
    let bias = case.stored(Kind::F32, biases);
    let sight = Sight { keys: (keys as u32).into(), start: 0.into(), causal: false, prefix: 0 };
    let y = case.rec.attention(q, [k, v], Some(bias), sizes, sight);
    case.output(y)
}

/// On every backend, and on the gpu with the forms for software and for hardware.
fn everywhere(mut check: impl FnMut(&dyn Backend, &str)) {
    check(&Reference::default(), "reference");
    for cpu in backends::cpus() {
        check(&cpu, &cpu.caps().device);
    }
    if let Some(mut gpu) = block_on(backends::gpu()) {
        for on in [On::Hardware, On::Software] {
            gpu.act_as(on);
            check(&gpu, &format!("{}, {on:?}", gpu.caps().device));
        }
    }
}

#[test]
fn a_row_that_sees_no_key_gets_zeros() {
    for (lowest, (rows, sizes, keys)) in [f32::MIN, f32::NEG_INFINITY].into_iter().flat_map(|l| SHAPES.map(|s| (l, s)))
    {
        let case = attention(rows, sizes, &vec![lowest; keys], None);
        everywhere(|on, name| {
            let y = block_on(case.run(on)).unwrap().remove(0);
            assert!(y.iter().all(|v| *v == 0.0), "{} of {lowest} on {name}: {:?}", case.name, &y[..4]);
        });
    }
}

/// Masked keys are as good as not there, wherever they stand, and whichever of the two lowest numbers hides them.
#[test]
fn masked_keys_are_not_there() {
    for (rows, sizes, keys) in SHAPES {
        for seen in [1, keys / 2] {
            let bias =
                |lowest: f32| -> Vec<f32> { (0..keys).map(|j| if j < keys - seen { lowest } else { 0.1 }).collect() };
            let want = block_on(attention(rows, sizes, &bias(-200.0), None).run(&Reference::default())).unwrap();
            for lowest in [f32::MIN, f32::NEG_INFINITY] {
                let case = attention(rows, sizes, &bias(lowest), None);
                everywhere(|on, name| {
                    let error = relative_error(&want[0], &block_on(case.run(on)).unwrap()[0], 0.0);
                    assert!(error < 2e-5, "{}, {seen} seen, others {lowest}, on {name}: {error:e}", case.name);
                });
            }
        }
    }
}

/// Keys before a window are as good as not there: a row is what it would be were those it sees all that there are.
#[test]
fn keys_before_a_window_are_not_there() {
    for (rows, sizes, keys) in SHAPES {
        let ([heads, groups, head], rng) = (sizes, &mut Rng::new(8));
        let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.number()).collect() };
        let [q, k, v] = [rows * heads * head, groups * keys * head, groups * keys * head].map(&mut numbers);
        let start = keys - rows;
        for window in [1, 3, keys / 3, keys / 2 + 1, keys + 5] {
            let alone = |r: usize| {
                let (end, mut case) = (start + r + 1, Case::new(String::new()));
                let seen = end.saturating_sub(window)..end;
                let part = |all: &[f32]| -> Vec<f32> {
                    all.chunks_exact(keys * head)
                        .flat_map(|g| &g[seen.start * head..seen.end * head])
                        .copied()
                        .collect()
                };
                let q = case.stored(Kind::F32, &q[r * heads * head..][..heads * head]);
                let both = [&k, &v].map(|all| case.stored(Kind::F32, &part(all)));
                let sight = Sight { keys: (seen.len() as u32).into(), start: 0.into(), causal: false, prefix: 0 };
                let y = case.rec.attention(q, both, None, sizes, sight);
                block_on(case.output(y).run(&Reference::default())).unwrap().remove(0)
            };
            let want: Vec<f32> = (0..rows).flat_map(alone).collect();
            let mut case = Case::new(format!("{rows} rows of {sizes:?}, {window} of {keys} keys"));
            let [q, k, v] = [&q, &k, &v].map(|all| case.stored(Kind::F32, all));
            let sight = Sight { keys: (keys as u32).into(), start: (start as u32).into(), causal: true, prefix: 0 };
            let y = case.rec.attention_near(q, [k, v], None, sizes, sight, window);
            let case = case.output(y);
            everywhere(|on, name| {
                let error = relative_error(&want, &block_on(case.run(on)).unwrap()[0], 0.0);
                assert!(error < 2e-5, "{} on {name}: {error:e}", case.name);
            });
        }
    }
}

#[test]
fn a_score_map_without_keys_is_zeros() {
    let ([heads, groups, head], count, keys) = (SIZES, 6, 70);
    for lowest in [f32::MIN, f32::NEG_INFINITY] {
        let (mut case, rng) = (Case::new(String::new()), &mut Rng::new(3));
        let q = case.numbers(rng, count * heads * head);
        let k = case.numbers(rng, groups * keys * head);
        let bias = Some(case.stored(Kind::F32, &vec![lowest; keys]));
        let sight = Sight { keys: (keys as u32).into(), start: 0.into(), causal: false, prefix: 0 };
        let looks = Looks { first: 0.into(), count, sight, places: None, bias, scale: 0.25 };
        let y = case.rec.score_reduce([q, k], SIZES, looks, [Over::Mean, Over::Max]);
        let case = case.output(y);
        everywhere(|on, name| {
            let y = block_on(case.run(on)).unwrap().remove(0);
            assert!(y.iter().all(|v| *v < 1e-30), "{lowest} on {name}: {:?}", &y[..4]);
        });
    }
}

/// Rows of size 0 leave nothing to be a mean of, and so do sizes that cancel each other.
#[test]
fn a_mean_of_nothing_is_zeros() {
    for sizes in [[0.0, 0.0, 0.0, 2.0], [1.5, -1.5, 0.0, 2.0]] {
        let mut case = Case::new(String::new());
        let x = case.stored(Kind::F32, &[1.0, 2.0, 5.0, 7.0, 3.0, 4.0, 8.0, 9.0]);
        let sizes = case.stored(Kind::F32, &sizes);
        let to = case.rec.input("to", Kind::U32, 4);
        case.inputs.push((to, [0u32, 0, 0, 2].iter().flat_map(|place| place.to_le_bytes()).collect()));
        let [y, new_sizes] = case.rec.merge(x, sizes, to, 3, true);
        let case = case.output(y).output(new_sizes);
        everywhere(|on, name| {
            let got = block_on(case.run(on)).unwrap();
            assert_eq!(got, [vec![0.0, 0.0, 0.0, 0.0, 8.0, 9.0], vec![0.0, 0.0, 2.0]], "{name}");
        });
    }
}

/// A number that is none stays none, and does not spread to other rows. WGSL makes no promise about such numbers, so the
/// gpu is not asked.
#[test]
fn what_is_no_number_is_not_hidden() {
    for (bad, (rows, sizes, keys)) in [f32::NAN, f32::INFINITY].into_iter().flat_map(|b| SHAPES.map(|s| (b, s))) {
        let row = sizes[0] * sizes[2];
        let case = attention(rows, sizes, &vec![0.5; keys], Some(bad));
        let check = |on: &dyn Backend| {
            let y = block_on(case.run(on)).unwrap().remove(0);
            let (head, name) = (&y[y.len() - sizes[2]..], &on.caps().device);
            assert!(head.iter().all(|v| v.is_nan()), "{} with {bad} on {name}: {head:?}", case.name);
            assert!(y[..(rows - 1) * row].iter().all(|v| v.is_finite()), "{} with {bad} on {name}", case.name);
        };
        check(&Reference::default());
        backends::cpus().iter().for_each(|cpu| check(cpu));
        let mut biases = vec![0.5; keys];
        biases[keys / 2] = f32::NAN;
        let case = attention(rows, sizes, &biases, None);
        for cpu in backends::cpus() {
            let y = block_on(case.run(&cpu)).unwrap().remove(0);
            assert!(y.iter().all(|v| v.is_nan()), "{} with a bias that is none on {}", case.name, cpu.caps().device);
        }
    }
}
