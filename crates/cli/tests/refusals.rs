//! What cannot be is said in one line, by a command that fails and does not break.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use std::process::{Command, Stdio};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/llama/plain");

/// What a command that has to fail says.
fn refused(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0), "{args:?}: {said}");
    said
}

#[test]
fn what_cannot_be_measured_or_estimated_is_named() {
    let bench = ["bench", "--model", MODEL, "--backend", "cpu"];
    for (more, words) in [
        (["--prompt-tokens", "0"], "prompt: the prompt is empty"),
        (["--quant", "kv=q8_0"], "quant: 'kv' cannot be q8_0"),
        (["--quant", "language=u32"], "quant: 'language' cannot be u32"),
    ] {
        let said = refused(&[&bench[..], &more].concat());
        assert!(said.contains(words), "{more:?}: {said}");
    }
    let estimate = ["estimate", "--model", "smollm2-135m", "--quant", "kv=q4_0"];
    assert!(refused(&estimate).contains("'kv' cannot be q4_0 — it can be f32, f16"));
    let most = "18446744073709551615";
    for (more, words) in [
        (["--prompt-tokens", most], "of prompt and"),
        (["--gen", most], "of answer in a context of"),
        (["--context", most], "this model can have 1 to 8192"),
        (["--context", "0"], "this model can have 1 to 8192"),
    ] {
        let e = refused(&[&["estimate", "--model", "smollm2-135m"], &more[..]].concat());
        assert!(e.contains(words), "{more:?}: {e}");
    }
}
