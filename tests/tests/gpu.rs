//! What the gpu backend promises besides right answers: every form of every shader, weights in shards, few buffers,
//! errors instead of hangs.
#![allow(clippy::unwrap_used, reason = "a test")]

use pollster::block_on;
use squint_gpu::Gpu;
use squint_ops::case::{Case, Rng, compare, relative_error};
use squint_ops::op::Experts;
use squint_ops::{Backend, Error, HALF, INT8, Kind, Needs, OPS, On, OpSpec, Recording, Reference, Rounding};
use squint_tests::backends;
use std::collections::BTreeMap;

fn op(stem: &str) -> &'static OpSpec {
    OPS.iter().find(|o| o.stem == stem).unwrap()
}

/// A matrix product of `rows` × `depth` with `outs` × `depth`, stored as `kind`.
fn product(kind: Kind, [rows, outs, depth]: [usize; 3]) -> Case {
    let mut rng = Rng::new(5);
    let mut case = Case::new(format!("{rows}×{outs}×{depth} {kind:?}"));
    let x = case.numbers(&mut rng, rows * depth);
    let w = case.matrix(&mut rng, kind, outs, depth);
    let y = case.rec.matmul(x, w, depth);
    case.output(y)
}

fn hold(case: &Case, gpu: &Gpu, limit: f32) {
    let want = block_on(case.run(&Reference::default())).unwrap();
    let got = block_on(case.run(gpu)).unwrap();
    let error = want.iter().zip(&got).map(|(w, g)| relative_error(w, g, 0.0)).fold(0.0, f32::max);
    assert!(error <= limit, "{}: {error:e}", case.name);
}

#[test]
fn every_form_is_reached_and_agrees() {
    for rounds in [None, Some(&HALF), Some(&INT8)] {
        let Some(mut gpu) = block_on(backends::gpu()) else { return };
        if let Some(rounds) = rounds {
            gpu = gpu.rounding(rounds);
        }
        for on in [On::Hardware, On::Software] {
            gpu.act_as(on);
            every_form_agrees(&gpu, rounds);
        }
    }
}

fn every_form_agrees(gpu: &Gpu, rounds: Option<&'static Rounding>) {
    for op in OPS.iter().filter(|o| o.forms(gpu.on()).next().is_some()) {
        // Asking for rounding changes nothing where no form of an op rounds.
        if rounds.is_some() && gpu.forms(op).all(|f| f.rounds.is_none()) {
            continue;
        }
        let mut reached = BTreeMap::new();
        for seed in 0..120 {
            let case = (op.case)(&mut Rng::new(seed));
            *reached.entry(form(gpu, &case).unwrap()).or_insert(0) += 1;
        }
        // A form that rounds leaves few cases to the one behind it.
        for form in gpu.forms(op).filter(|f| rounds.is_none() || f.rounds.is_some()) {
            let times = reached.get(form.name).copied().unwrap_or(0);
            assert!(times >= 5, "{} in form '{}' on {:?}: {times} of 120 cases", op.stem, form.name, gpu.on());
        }
        let v = block_on(compare(op, gpu, 0, 120)).unwrap();
        assert!(v.ok, "{} on {:?}: {:e} at {}", op.stem, gpu.on(), v.worst, v.at);
        println!("{} on {:?} with {:?}: {:e} of {:e}", op.stem, gpu.on(), gpu.caps().features, v.worst, v.limit);
    }
}

/// The form that serves a case's only step.
fn form(gpu: &Gpu, case: &Case) -> Option<&'static str> {
    let step = &case.rec.steps[0];
    gpu.form(step.op, &step.resolve(&[]).unwrap(), &case.rec.kinds(step))
}

/// A device that multiplies bytes and has numbers of half precision, or nothing with the reason printed.
fn rounding(rounds: &'static Rounding) -> Option<Gpu> {
    let mut gpu = block_on(backends::gpu())?.rounding(rounds);
    gpu.act_as(On::Hardware);
    if !gpu.caps().features.iter().any(|f| f == rounds.name) {
        backends::say(&format!("forms that round ignored: {} does not {}", gpu.caps().device, rounds.name));
        return None;
    }
    Some(gpu)
}

/// Every format at and across the edges of tiles, with depths of one block and of odd numbers of blocks.
#[test]
fn every_format_in_the_forms_that_round() {
    for (rounds, name) in [(&HALF, "half"), (&INT8, "bytes")] {
        let Some(gpu) = rounding(rounds) else { continue };
        let mut served = vec![];
        for kind in op("matmul").slots[1].kinds {
            for (rows, outs, depth) in [(5, 1, 256), (32, 32, 512), (33, 33, 768), (67, 70, 32)] {
                if depth % kind.block != 0 {
                    continue;
                }
                let case = product(*kind, [rows, outs, depth]);
                if form(&gpu, &case) == Some(name) {
                    served.push(*kind);
                    hold(&case, &gpu, rounds.tolerance.limit);
                }
            }
        }
        served.dedup();
        let codes = [Kind::Q8_0, Kind::Q4_0, Kind::Q4_1];
        let all_but_f32 = &op("matmul").slots[1].kinds[1..];
        assert_eq!(served, if name == "half" { all_but_f32 } else { &codes });
    }
}

/// The same numbers as on the cpu backend, which rounds activations the same way unless weights have 8 bits: what differs
/// is the order of sums.
#[test]
fn bytes_are_those_of_the_cpu_backend() {
    let Some(gpu) = rounding(&INT8) else { return };
    let cpu = squint_cpu::Cpu::new(squint_ops::Host::native(), squint_cpu::Isa::best(), 1);
    for kind in [Kind::Q4_0, Kind::Q4_1] {
        for size in [[5, 33, 96], [40, 64, 512], [67, 31, 1024]] {
            let case = product(kind, size);
            assert_eq!(form(&gpu, &case), Some("bytes"));
            let [want, got, exact] =
                [&cpu as &dyn Backend, &gpu, &Reference::default()].map(|on| block_on(case.run(on)).unwrap().remove(0));
            let error = relative_error(&want, &got, 0.0);
            assert!(error < 2e-6, "{}: {error:e}", case.name);
            // Rounding there was.
            assert!(relative_error(&want, &exact, 0.0) > 1e-4, "{}", case.name);
        }
    }
}

/// Half precision ends at 65 504 and has few digits below 6e-5; rows of activations are brought between the two.
#[test]
fn numbers_that_half_precision_lacks_are_no_trouble() {
    let Some(gpu) = rounding(&HALF) else { return };
    for size in [1e-30, 1e-9, 1.0, 1e6, 1e30] {
        let mut rng = Rng::new(6);
        let mut case = Case::new(format!("numbers up to {size:e}"));
        let mut values: Vec<f32> = (0..40 * 64).map(|_| size * rng.number()).collect();
        // Rows are independent, and one may be empty.
        values[64..128].fill(0.0);
        values[128..192].fill(1.0);
        let x = case.stored(Kind::F32, &values);
        let w = case.matrix(&mut rng, Kind::F16, 40, 64);
        let y = case.rec.matmul(x, w, 64);
        let case = case.output(y);
        assert_eq!(form(&gpu, &case), Some("half"));
        let want = block_on(case.run(&Reference::default())).unwrap().remove(0);
        let got = block_on(case.run(&gpu)).unwrap().remove(0);
        for (row, (want, got)) in want.chunks(40).zip(got.chunks(40)).enumerate() {
            let scale = if row == 2 { 1.0 } else { size };
            let error = want.iter().zip(got).fold(0.0f32, |m, (w, g)| m.max((w - g).abs() / scale));
            assert!(error < 8.0 / 3.0 * HALF.tolerance.limit, "row {row}, {}: {error:e}", case.name);
        }
    }
}

/// Without a feature its forms are not built, and the answers stay.
#[test]
fn a_device_without_features_serves_as_well() {
    let Some(all) = block_on(backends::gpu()) else { return };
    drop(all);
    for (without, rounds, name) in [(Needs::F16, &HALF, "half"), (Needs::Dot4, &INT8, "bytes")] {
        let open = |want: fn(&str, &str) -> bool| {
            let gpu = block_on(Gpu::open_with(squint_ops::Host::native(), |n| want(n, without.name()))).unwrap();
            let mut gpu = gpu.rounding(rounds);
            gpu.act_as(On::Hardware);
            gpu
        };
        let case = product(Kind::Q4_1, [9, 40, 64]);
        let gpu = open(|need, without| need != without);
        assert_eq!(form(&gpu, &case), Some("many"));
        assert!(gpu.caps().features.iter().all(|f| f != without.name() && f != rounds.name));
        hold(&case, &gpu, op("matmul").tolerance.limit);
        assert_eq!(gpu.rounds(op("matmul"), &[9, 40, 64], &[Kind::F32, Kind::Q4_1, Kind::F32]).map(|r| r.name), None);
        // With it they are.
        let gpu = open(|need, without| need == without);
        if gpu.caps().features.iter().any(|f| f == without.name()) {
            assert_eq!(form(&gpu, &case), Some(name));
            assert!(gpu.caps().features.iter().any(|f| f == rounds.name));
        }
    }
}

/// Shapes at and across the edges of every tile, in every format.
#[test]
fn every_format_in_every_form_of_matmul() {
    let Some(mut gpu) = block_on(backends::gpu()) else { return };
    let matmul = op("matmul");
    for kind in matmul.slots[1].kinds {
        for on in [On::Hardware, On::Software] {
            gpu.act_as(on);
            for rows in [1, 4, 5, 64, 67] {
                hold(&product(*kind, [rows, 33, 512]), &gpu, matmul.tolerance.limit);
            }
        }
    }
}

/// A shard of a few rows instead of 128 MiB: the answers stay, whatever the cut.
#[test]
fn weights_may_come_in_shards() {
    let Some(mut gpu) = block_on(backends::gpu()) else { return };
    for on in [On::Hardware, On::Software] {
        gpu.act_as(on);
        for kind in [Kind::F32, Kind::F16, Kind::Q4_1, Kind::Q8_0, Kind::Q6_K] {
            for bytes in [3, 9, 40].map(|rows| rows * kind.bytes_of(512)) {
                gpu.cut_at(bytes as u64);
                for rows in [1, 9] {
                    hold(&product(kind, [rows, 77, 512]), &gpu, 2e-5);
                }
                let mut rng = Rng::new(9);
                let mut case = Case::new(format!("embed {kind:?} in shards of {bytes} bytes"));
                let ids = case.ids(&mut rng, 30, 78);
                let w = case.matrix(&mut rng, kind, 77, 512);
                let y = case.rec.embed(ids, w, 512);
                hold(&case.output(y), &gpu, 1e-6);
                for summed in [true, false] {
                    // Experts of thirteen rows each: some begin in one shard and end in the next.
                    let mut case = Case::new(format!("experts {kind:?} in shards of {bytes} bytes, summed {summed}"));
                    case.typical = (2.0 * 512f32).sqrt() / 3.0;
                    let (x, factors) = (case.numbers(&mut rng, 9 * 512), case.numbers(&mut rng, 9 * 2));
                    let ids = case.ids(&mut rng, 9 * 2, 6);
                    let w = case.matrix(&mut rng, kind, 5 * 13, 512);
                    let how = Experts { outs: 13, depth: 512, each: 2, summed };
                    let y = case.rec.matmul_id(x, w, ids, Some(factors), how);
                    hold(&case.output(y), &gpu, 2e-5);
                }
            }
        }
    }
    gpu.cut_at(100);
    assert_eq!(gpu.matrix(Kind::F32, 8, 512).err().map(|e| e.code), Some("gpu_size"));
}

/// The largest of many outputs, computed shard by shard, is found in the whole.
#[test]
fn argmax_runs_over_all_shards() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    gpu.cut_at(10 * 4 * 64);
    let mut rng = Rng::new(3);
    let mut case = Case::new("logits".into());
    let x = case.numbers(&mut rng, 3 * 64);
    let w = case.matrix(&mut rng, Kind::F32, 500, 64);
    let logits = case.rec.matmul(x, w, 64);
    let ids = case.rec.argmax(logits, 500);
    hold(&case.output(ids), &gpu, 0.0);
}

#[test]
fn a_form_that_is_wrong_is_given_up() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let mut gpu = gpu.rounding(&HALF).rounding(&INT8);
    assert_eq!(block_on(gpu.vet(OPS)).unwrap(), Vec::<String>::new());
    gpu.act_as(On::Hardware);
    assert_eq!(block_on(gpu.vet(OPS)).unwrap(), Vec::<String>::new());
    gpu.act_as(On::Software);
    // The same shaders, held against a twin that says zero: all fast forms look wrong.
    fn case(rng: &mut Rng) -> Case {
        let mut case = (op("matmul").case)(rng);
        case.rec.steps[0].op = wrong();
        case
    }
    fn wrong() -> &'static OpSpec {
        let real = op("matmul");
        Box::leak(Box::new(OpSpec {
            stem: real.stem,
            slots: real.slots,
            fields: real.fields,
            shape: real.shape,
            flops: real.flops,
            twin: |_, _| Ok(()),
            tolerance: squint_ops::Tolerance { limit: 1e-5, because: "a test" },
            gpu: squint_ops::Gpu::Forms {
                forms: match real.gpu {
                    squint_ops::Gpu::Forms { forms, .. } => forms,
                    _ => &[],
                },
                shards: Some(squint_ops::Shards { slot: 1, rows: &[1] }),
            },
            case,
        }))
    }
    let case = product(Kind::Q4_1, [9, 9, 64]);
    let before = form(&gpu, &case).unwrap();
    assert_ne!(before, "");
    let given_up = block_on(gpu.vet(&[wrong()])).unwrap();
    assert!(given_up.iter().any(|g| g.contains(before)), "{given_up:?}");
    assert!(gpu.caps().features.iter().any(|f| f.contains(before)));
    assert_eq!(form(&gpu, &case), Some(""));
    hold(&case, &gpu, 2e-5);
}

/// A chain of steps, as a model is one.
fn chain(steps: usize) -> (Recording, squint_ops::Buf, squint_ops::Buf) {
    let mut rec = Recording::default();
    let x = rec.input("x", Kind::F32, 4096);
    let mut y = x;
    for _ in 0..steps {
        y = rec.add(y, x);
    }
    rec.output(y);
    (rec, x, y)
}

#[test]
fn temporaries_share_memory_and_all_of_it_is_counted() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let before = gpu.device_bytes();
    let (rec, x, y) = chain(40);
    let handle = gpu.create(Kind::F32, 4096).unwrap();
    gpu.write(&handle, 0, &[0, 0, 128, 63].repeat(4096)).unwrap();
    let ready = block_on(gpu.prepare(&rec, &[(x, handle.clone())])).unwrap();
    // Input, output and two that take turns; and 256 bytes of parameters a step.
    assert_eq!(gpu.device_bytes() - before, 4 * 4096 * 4 + 40 * 256);
    for _ in 0..2 {
        block_on(gpu.run(&ready, &[])).unwrap();
        let got = Kind::F32.unpack_all(&block_on(gpu.read(ready.handle(y))).unwrap());
        assert!(got.iter().all(|v| *v == 41.0), "{}", got[0]);
    }
    drop((ready, handle));
    assert_eq!(gpu.device_bytes(), before);
}

/// Weights arrive in chunks that fall anywhere between blocks, over shards and pieces.
#[test]
fn a_weight_may_arrive_in_chunks() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let (rows, cols) = (1200, 2048);
    let values: Vec<f32> = (0..rows * cols).map(|i| (i % 17) as f32 - 8.0).collect();
    for kind in [Kind::F32, Kind::Q8_0] {
        gpu.cut_at(500 * kind.bytes_of(cols) as u64 + 1000);
        let bytes = kind.pack_all(&values);
        let (w, x) = (gpu.matrix(kind, rows, cols).unwrap(), gpu.create(Kind::F32, cols).unwrap());
        let chunk = 1_000_003 / kind.bytes * kind.bytes;
        for (n, part) in bytes.chunks(chunk).enumerate() {
            gpu.write(&w, n * chunk, part).unwrap();
        }
        let ones: Vec<u8> = (0..cols).flat_map(|i| ((i == 5) as u32 as f32).to_le_bytes()).collect();
        gpu.write(&x, 0, &ones).unwrap();
        let mut rec = Recording::default();
        let (xb, wb) = (rec.input("x", Kind::F32, cols), rec.matrix("w", kind, rows, cols));
        let y = rec.matmul(xb, wb, cols);
        rec.output(y);
        let ready = block_on(gpu.prepare(&rec, &[(xb, x), (wb, w)])).unwrap();
        block_on(gpu.run(&ready, &[])).unwrap();
        let got = Kind::F32.unpack_all(&block_on(gpu.read(ready.handle(y))).unwrap());
        let want: Vec<f32> = kind.unpack_all(&bytes).chunks(cols).map(|row| row[5]).collect();
        assert_eq!(got, want, "{kind:?}");
    }
}

#[test]
fn warming_needs_no_weights_and_changes_nothing() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    for op in OPS {
        let case = (op.case)(&mut Rng::new(1));
        let before = gpu.device_bytes();
        block_on(gpu.warm(&case.rec)).unwrap_or_else(|e| panic!("{}: {e}", op.stem));
        assert_eq!(gpu.device_bytes(), before);
        hold(&case, &gpu, op.tolerance.limit);
    }
}

/// A run in several submits gives what one in one gives.
#[test]
fn a_long_run_is_cut_and_whole() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let mut rng = Rng::new(2);
    let mut case = Case::new("long".into());
    let mut x = case.numbers(&mut rng, 64 * 256);
    for _ in 0..24 {
        let w = case.matrix(&mut rng, Kind::F32, 256, 256);
        x = case.rec.matmul(x, w, 256);
        let (one, zero) = (case.numbers(&mut rng, 256), case.numbers(&mut rng, 256));
        x = case.rec.layer_norm(x, one, zero, 1e-5);
    }
    hold(&case.output(x), &gpu, 1e-3);
}

#[test]
fn a_lost_device_is_an_error_everywhere() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let (rec, x, y) = chain(3);
    let handle = gpu.create(Kind::F32, 4096).unwrap();
    let ready = block_on(gpu.prepare(&rec, &[(x, handle.clone())])).unwrap();
    block_on(gpu.run(&ready, &[])).unwrap();
    gpu.lose();
    let code = |r: Result<(), Error>| r.err().map(|e| e.code);
    let lost = Some("device_lost");
    for _ in 0..2 {
        assert_eq!(code(gpu.create(Kind::F32, 16).map(drop)), lost);
        assert_eq!(code(gpu.matrix(Kind::F32, 4, 4).map(drop)), lost);
        assert_eq!(code(gpu.write(&handle, 0, &[0; 16])), lost);
        assert_eq!(code(block_on(gpu.prepare(&rec, &[])).map(drop)), lost);
        assert_eq!(code(block_on(gpu.run(&ready, &[]))), lost);
        assert_eq!(code(block_on(gpu.read(ready.handle(y))).map(drop)), lost);
        assert_eq!(code(block_on(gpu.warm(&rec))), lost);
    }
    // Another device takes over.
    let again = block_on(backends::gpu()).unwrap();
    hold(&product(Kind::F32, [2, 3, 4]), &again, 2e-5);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let Some(gpu) = block_on(backends::gpu()) else { return };
    let e = gpu.create(Kind::F32, 1 << 34).err().unwrap();
    assert_eq!(e.code, "gpu_size", "{e}");
    let small = gpu.create(Kind::Q8_0, 64).unwrap();
    assert!(gpu.write(&small, 34, &[0; 68]).is_err() && gpu.write(&small, 2, &[0; 34]).is_err());
    gpu.write(&small, 34, &[7; 34]).unwrap();
    let back = block_on(gpu.read(&small)).unwrap();
    assert_eq!(back, [[0; 34], [7; 34]].concat());
}
