//! Block types against two independent readings of the formats: values written by the `gguf` Python package
//! (scripts/golden/blocks.py), and candle.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use squint_ops::case::Rng;
use squint_tests::tree;
use squint_weights::{KINDS, Kind};

fn golden(part: &str) -> Vec<(Kind, Vec<u8>, Vec<f32>)> {
    let all: serde_json::Value = serde_json::from_str(&tree::read("tests/fixtures/blocks.json")).unwrap();
    let hex = |v: &serde_json::Value| -> Vec<u8> {
        let text = v.as_str().unwrap();
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    };
    let one = |v: &serde_json::Value| {
        let values = hex(&v["values"]).chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        (Kind::from_name(v["kind"].as_str().unwrap()).unwrap(), hex(&v["bytes"]), values)
    };
    all[part].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn blocks_unpack_to_the_golden_numbers() {
    let golden = golden("unpack");
    for kind in KINDS.iter().filter(|k| !["f32", "u32"].contains(&k.name)) {
        let (kind, bytes, want) = golden.iter().find(|g| g.0.name == kind.name).unwrap_or_else(|| {
            panic!("{} has no golden blocks: add it to scripts/golden/blocks.py", kind.name);
        });
        assert_eq!(&kind.unpack_all(bytes), want, "{kind:?}");
    }
}

#[test]
fn numbers_pack_to_the_golden_bytes() {
    for (kind, bytes, values) in golden("pack") {
        let got = kind.pack_all(&values);
        let first = got.iter().zip(&bytes).position(|(a, b)| a != b);
        assert_eq!(first, None, "{kind:?}: byte {first:?} of block {:?} differs", first.map(|i| i / kind.bytes));
    }
}

/// candle's name of a format, where it has it.
fn candle(kind: Kind) -> Option<GgmlDType> {
    use GgmlDType::*;
    let names = [
        ("q8_0", Q8_0),
        ("q4_0", Q4_0),
        ("q4_1", Q4_1),
        ("q5_0", Q5_0),
        ("q5_1", Q5_1),
        ("q2_k", Q2K),
        ("q3_k", Q3K),
        ("q4_k", Q4K),
        ("q5_k", Q5K),
        ("q6_k", Q6K),
    ];
    names.into_iter().find(|(n, _)| *n == kind.name).map(|(_, t)| t)
}

/// Number i of a row.
type Number = fn(&mut Rng, usize) -> f32;

/// Rows as weights have them, and as they might: what suits the one is the ruin of the other.
const ROWS: &[(&str, Number)] = &[
    ("normal", |rng, _| normal(rng)),
    ("uniform", |rng, _| rng.number()),
    ("laplace", |rng, _| laplace(rng)),
    ("cubes, one in 64 larger", |rng, _| rng.number().powi(3) * rarely(rng, 64, 8.0)),
    ("outliers, one in 256", |rng, _| normal(rng) * rarely(rng, 256, 30.0)),
    ("outliers, one in 64", |rng, _| normal(rng) * rarely(rng, 64, 100.0)),
    ("heavy tails", |rng, _| normal(rng) / rng.number().abs().max(1e-3)),
    ("a size for each 16", |rng, i| normal(rng) * ((i / 16 * 7919 % 13) as f32 - 6.0).exp2()),
    ("99 of 100 zero", |rng, _| normal(rng) * some(rng, 100)),
    ("9 of 10 zero", |rng, _| normal(rng) * some(rng, 10)),
    ("half zero", |rng, _| normal(rng) * some(rng, 2)),
    ("one of 256 not zero", |rng, i| if i % 256 == i / 256 * 37 % 256 { normal(rng) } else { 0.0 }),
    ("zeros", |_, _| 0.0),
    ("constant", |_, _| 0.37),
    ("constant below zero", |_, _| -0.37),
    ("constant for each 256", |_, i| (i as f32 / 256.0).floor().sin()),
    ("two values", |rng, _| if rng.coin() { 0.5 } else { -0.5 }),
    ("three values", |rng, _| 0.03 * (rng.below(3) as f32 - 1.0)),
    ("halves", |rng, _| (2.0 * normal(rng)).round() / 2.0),
    ("above zero", |rng, _| normal(rng).abs()),
    ("below zero", |rng, _| -normal(rng).abs()),
    ("around 5", |rng, _| normal(rng) + 5.0),
    ("around -50", |rng, _| normal(rng) - 50.0),
    ("ramps", |_, i| (i % 256) as f32 / 256.0),
    ("waves", |_, i| (0.1 * i as f32).sin()),
    ("tiny", |rng, _| 1e-6 * normal(rng)),
    ("small", |rng, _| 1e-4 * normal(rng)),
    ("huge", |rng, _| 1e4 * normal(rng)),
    ("huge with outliers", |rng, _| 1e4 * normal(rng) * rarely(rng, 64, 100.0)),
];

fn normal(rng: &mut Rng) -> f32 {
    (-2.0 * (1.0 - rng.number().abs()).ln()).sqrt() * (std::f32::consts::PI * rng.number()).cos()
}

fn laplace(rng: &mut Rng) -> f32 {
    (1.0 - rng.number().abs()).ln() * if rng.coin() { 1.0 } else { -1.0 }
}

/// `large` once in `of` times, 1 otherwise.
fn rarely(rng: &mut Rng, of: usize, large: f32) -> f32 {
    if rng.below(of) == 0 { large } else { 1.0 }
}

/// 1 once in `of` times, 0 otherwise.
fn some(rng: &mut Rng, of: usize) -> f32 {
    if rng.below(of) == 0 { 1.0 } else { 0.0 }
}

#[test]
fn packing_is_as_good_as_candles() {
    let error = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (*a as f64 - *b as f64).powi(2)).sum::<f64>();
    let mut worse = vec![];
    let kinds: Vec<_> =
        KINDS.iter().filter_map(|k| Kind::from_name(k.name).ok()).filter(|k| candle(*k).is_some()).collect();
    assert_eq!(kinds.len(), 10);
    for kind in kinds {
        let drawn = ROWS.iter().flat_map(|(name, number)| {
            (1..=4).map(move |seed| {
                let mut rng = Rng::new(seed);
                (format!("{name}, seed {seed}"), (0..256 * 16).map(|i| number(&mut rng, i)).collect::<Vec<_>>())
            })
        });
        let golden =
            golden("unpack").into_iter().find(|g| g.0 == kind).map(|g| ("on the format's grid".to_string(), g.2));
        let mut most = (0.0, String::new());
        for (name, values) in drawn.chain(golden) {
            let tensor = Tensor::from_slice(&values, values.len(), &Device::Cpu).unwrap();
            let theirs = QTensor::quantize(&tensor, candle(kind).unwrap()).unwrap();
            let their_bytes = theirs.data().unwrap();
            let their_values: Vec<f32> = theirs.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap();
            let our_bytes = kind.pack_all(&values);
            let our_values = kind.unpack_all(&our_bytes);
            let (ours, theirs) = (error(&values, &our_values), error(&values, &their_values));
            if theirs.is_finite() {
                assert_eq!(kind.unpack_all(&their_bytes), their_values, "{kind:?}: candle's blocks read differently");
            }
            if ours.is_finite() {
                let storage = QStorage::from_data(our_bytes.into(), &Device::Cpu, candle(kind).unwrap()).unwrap();
                let read = QTensor::new(storage, values.len()).unwrap().dequantize(&Device::Cpu).unwrap();
                assert_eq!(our_values, read.to_vec1::<f32>().unwrap(), "{kind:?}: candle reads our blocks differently");
            }
            // A scale of huge numbers passes what half precision holds. Super-blocks have further bits of it.
            let none = kind.block < 256 && !theirs.is_finite();
            if !(none || ours.is_finite() && (ours <= 1.02 * theirs || !theirs.is_finite())) {
                worse.push(format!("{kind:?} {name}: {ours:e} is {:.3} of {theirs:e}", ours / theirs));
            }
            if ours > most.0 * theirs {
                most = (ours / theirs, name);
            }
        }
        println!("{:5} at most {:.4} of candle's squares, {}", kind.name, most.0, most.1);
    }
    assert!(worse.is_empty(), "{} rows lose more than candle's:\n{}", worse.len(), worse.join("\n"));
}
