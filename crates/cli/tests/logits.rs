//! Every family of language models, from a directory through the command to what `transformers` computes
//! (scripts/golden/families.py, variants.py).

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Rounding of the f32 numbers in the file, and sums in another order: the tolerance of the suites below the command.
const OFF: f64 = 1e-4;

/// Scores that are told, as the interface has it.
const TOP: usize = 10;

fn logits(model: &Path, ids: &[Value], more: &[&str]) -> Value {
    let ids = ids.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    command.arg("logits").arg("--model").arg(model).args(["--ids", &ids, "--json"]).args(more);
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{}: {}", model.display(), String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The directories of fixtures, by their makers.
fn models(kind: &str) -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(kind);
    let mut all: Vec<_> = std::fs::read_dir(all).unwrap().map(|f| f.unwrap().path()).collect();
    all.sort();
    all
}

fn golden(model: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(model.join("golden.json")).unwrap()).unwrap()
}

/// The largest of a row with their places, the largest first.
fn largest(row: &[Value]) -> Vec<(usize, f64)> {
    let mut all: Vec<_> = row.iter().map(|v| v.as_f64().unwrap()).enumerate().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(TOP);
    all
}

#[test]
fn ids_have_the_scores_that_transformers_gives_them() {
    let (families, variants) = (models("families"), models("variants"));
    assert!(families.len() >= 16 && variants.len() >= 19);
    for model in families.iter().chain(&variants) {
        let golden = golden(model);
        let list = |key: &str| golden[key].as_array().unwrap();
        let (prompt, answer) = list("ids").split_at(golden["prompt"].as_u64().unwrap() as usize);
        for how in [&["--backend", "reference"][..], &["--backend", "cpu", "--exact"]] {
            let said = logits(model, list("ids"), how);
            assert!(said["argmax"] == golden["best"], "{} {how:?}: {said}", model.display());
            let most = answer.len().to_string();
            let said = logits(model, prompt, &[how, &["--greedy", &most]].concat());
            assert!(said["greedy"] == json!(answer), "{} {how:?}: {said}", model.display());
        }
    }
}

/// Of the last row that the golden file has.
#[test]
fn the_largest_scores_are_those_of_transformers() {
    for model in models("families") {
        let golden = golden(&model);
        let rows = golden["logits"].as_array().unwrap();
        let last = (rows.len() - 1) * golden["every"].as_u64().unwrap() as usize;
        let row = rows[rows.len() - 1].as_array().unwrap();
        let size = row.iter().map(|v| v.as_f64().unwrap().abs()).fold(0.0, f64::max);
        let ids = &golden["ids"].as_array().unwrap()[..=last];
        let said = logits(&model, ids, &["--backend", "cpu", "--exact"]);
        let top = said["top"].as_array().unwrap();
        assert_eq!(top.len(), TOP);
        for (got, (id, want)) in top.iter().zip(largest(row)) {
            // Two that are nearly equal may change places.
            let off = (got[1].as_f64().unwrap() - want).abs();
            let at = row[got[0].as_u64().unwrap() as usize].as_f64().unwrap();
            assert!(off < OFF * size && (at - want).abs() < OFF * size, "{}: {id}, {said}", model.display());
        }
    }
}
