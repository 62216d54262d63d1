//! `--backend auto` measures, and says on stderr what it took and why; stdout stays one JSON object.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use std::process::{Command, Stdio};

fn squint(backend: &str) -> (serde_json::Value, String) {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/llama/plain");
    let args = ["logits", "--model", model, "--ids", "1,2,3", "--greedy", "4", "--json", "--backend", backend];
    let out = Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{said}");
    (serde_json::from_slice(&out.stdout).unwrap(), said)
}

#[test]
fn auto_says_what_it_takes_and_why() {
    let (on_cpu, quiet) = squint("cpu");
    assert_eq!(quiet, "");
    let (on_auto, said) = squint("auto");
    // Drivers talk on stderr, too.
    let line = said.lines().find_map(|l| l.strip_prefix("auto is the ")).unwrap_or_else(|| panic!("{said}"));
    let (backend, why) = line.split_once(" backend here: ").unwrap();
    assert!(["cpu", "gpu"].contains(&backend), "{said}");
    // Two were measured against each other, or the one that is missing says why.
    assert!(why.contains("GFLOP/s") == why.contains(" against ") && why.len() > 10, "{said}");
    assert_eq!(on_auto["greedy"], on_cpu["greedy"]);
}
