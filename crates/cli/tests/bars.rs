//! Long work says on a terminal how far it is, and nothing where stderr is read by a program.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").canonicalize().unwrap()
}

fn words(verb: &str, model: &str, more: &[&str]) -> Vec<String> {
    let model = fixtures().join(model).display().to_string();
    let on = [verb, "--model", &model, "--backend", "reference"];
    on.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

/// What a terminal gets to see, by the `script` that every Linux has.
fn seen(words: &[String]) -> Option<String> {
    let quoted: Vec<_> = words.iter().map(|w| format!("'{w}'")).collect();
    let line = format!("'{}' {}", env!("CARGO_BIN_EXE_squint"), quoted.join(" "));
    let out =
        Command::new("script").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).env("TERM", "xterm").output();
    let Ok(out) = out else {
        eprintln!("skipped: there is no `script` here");
        return None;
    };
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}");
    Some(text)
}

#[test]
fn long_work_has_a_bar() {
    let picture = fixtures().join("pictures/cat.png").display().to_string();
    let ids = (0..130).map(|i| (i % 50).to_string()).collect::<Vec<_>>().join(",");
    let both = ["--prompt", "<image><image> x", "--image", &picture, "--image", &picture];
    for (words, bars) in [
        (
            words("bench", "llama/plain", &["--prompt-tokens", "9", "--gen", "3", "--runs", "2"]),
            &["measuring", "9/36", "24/36"][..],
        ),
        // 128 positions run at once.
        (words("logits", "llama/plain", &["--ids", &ids, "--greedy", "2"]), &["reading", "128/130", "going on", "1/2"]),
        (words("logits", "seeing/llava-clip-llama", &both), &["looking", "0/2", "1/2"]),
        (words("features", "vit", &["--image", &picture]), &["looking 0s"]),
    ] {
        let Some(text) = seen(&words) else { return };
        bars.iter().for_each(|bar| assert!(text.contains(bar), "no {bar:?} in {text:?}"));
        let quiet = Command::new(env!("CARGO_BIN_EXE_squint")).args(&words).stdin(Stdio::null()).output().unwrap();
        assert_eq!(String::from_utf8(quiet.stderr).unwrap(), "");
    }
}
