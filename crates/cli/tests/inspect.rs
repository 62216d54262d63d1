//! What `squint inspect` says of a language model's positions and windows, of files that transformers wrote.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

fn inspect(name: &str, more: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/variants").join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    let out = command.args(["inspect", "--model"]).arg(folder).args(more).stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn windows_and_stretching_are_told() {
    let said = inspect("window-longrope", &[]);
    for line in [
        "positions     16 of 16 numbers of a head are turned, slower in texts of more than 28 tokens, which are read anew there",
        "window        9 keys in 2 of 2 layers",
    ] {
        assert!(said.lines().any(|l| l == line), "{line}: {said}");
    }
    let said = inspect("dynamic-part", &[]);
    let line = "positions     8 of 20 numbers of a head are turned, slower in texts of more than 20 tokens";
    assert!(said.lines().any(|l| l == line) && !said.contains("window "), "{said}");
    for (name, told) in [
        ("window-longrope", json!([16, 28, true, [9, 9]])),
        ("dynamic-part", json!([8, 20, false, []])),
        ("linear", json!([12, null, false, []])),
    ] {
        let said: Value = serde_json::from_str(&inspect(name, &["--json"])).unwrap();
        let of = |key: &str| said["sizes"][key].clone();
        assert_eq!(json!([of("rotated"), of("slower_beyond"), of("read_anew"), of("windows")]), told, "{name}");
    }
}
