//! Block types against two independent readings of the formats: values written by the `gguf` Python package
//! (scripts/golden/blocks.py), and candle.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
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

/// Numbers as weights have them: mostly small, a few large.
fn weights(n: usize) -> Vec<f32> {
    let mut rng = squint_ops::case::Rng::new(3);
    (0..n).map(|_| rng.number() * rng.number() * rng.number() * if rng.below(64) == 0 { 8.0 } else { 1.0 }).collect()
}

#[test]
fn packing_is_as_good_as_candles() {
    let values = weights(256 * 64);
    let tensor = Tensor::from_slice(&values, values.len(), &Device::Cpu).unwrap();
    let error = |back: &[f32]| values.iter().zip(back).map(|(a, b)| ((a - b) as f64).powi(2)).sum::<f64>().sqrt();
    let mut compared = vec![];
    for kind in KINDS.iter().filter_map(|k| Kind::from_name(k.name).ok()) {
        let Some(dtype) = candle(kind) else { continue };
        let theirs = QTensor::quantize(&tensor, dtype).unwrap();
        let their_bytes = theirs.data().unwrap();
        let their_values: Vec<f32> = theirs.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap();
        assert_eq!(kind.unpack_all(&their_bytes), their_values, "{kind:?}: candle's blocks read differently");
        let (ours, theirs) = (error(&kind.unpack_all(&kind.pack_all(&values))), error(&their_values));
        println!("{:5} error {ours:.5}, candle's {theirs:.5}, ratio {:.4}", kind.name, ours / theirs);
        compared.push((kind, ours / theirs));
    }
    assert_eq!(compared.len(), 10);
    for (kind, ratio) in compared {
        assert!(ratio <= 1.02, "{kind:?}: error {ratio} of candle's");
    }
}
