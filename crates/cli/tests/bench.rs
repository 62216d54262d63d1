//! What a benchmark counts is what an answer of the same length counts.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::Value;
use std::process::{Command, Stdio};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/seeing/llava-clip-llama");

fn squint(verb: &str, more: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    command.args([verb, "--model", MODEL, "--backend", "reference", "--json"]).args(more);
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn stages_are_those_of_an_answer_as_long() {
    for (text, answer) in [("What is left of the cube?", 7), ("Is it red", 2)] {
        // The first token comes with the prompt.
        let most = (answer + 1).to_string();
        let run = squint("run", &["--prompt", text, "--raw", "--max-tokens", &most]);
        assert_eq!((&run["reason"], &run["meter"]["generated_tokens"]), (&"length".into(), &(answer + 1).into()));
        let prompt = run["stages"]["prefill"]["tokens_in"].as_u64().unwrap();
        for runs in ["1", "4"] {
            let (prompt_tokens, gen_) = (prompt.to_string(), answer.to_string());
            let bench = squint(
                "bench",
                &["--prompt-tokens", &prompt_tokens, "--gen", &gen_, "--runs", runs, "--context", "90"],
            );
            let stages = bench["stages"].as_object().unwrap();
            assert_eq!(stages.keys().collect::<Vec<_>>(), ["decode", "prefill"]);
            for (name, tokens, speed) in
                [("prefill", prompt, "prefill_tokens_per_s"), ("decode", answer, "decode_tokens_per_s")]
            {
                let (stage, of_run) = (&stages[name], &run["stages"][name]);
                let fields = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
                assert_eq!(fields(stage), fields(of_run));
                assert_eq!((&stage["tokens_in"], &stage["tokens_out"]), (&tokens.into(), &tokens.into()));
                assert_eq!((&stage["flops"], &stage["reused"]), (&of_run["flops"], &false.into()), "{name} of {text}");
                assert!(stage["flops"].as_u64() > Some(0) && stage["bytes"].as_u64() > Some(0), "{stage}");
                let said = tokens as f64 / stage["ms"].as_f64().unwrap() * 1e3;
                assert!((bench[speed].as_f64().unwrap() / said - 1.0).abs() < 1e-9, "{name}: {bench}");
            }
        }
        // Bytes are those of whole caches: they are the same where there is as much room.
        let (prompt, gen_) = (prompt.to_string(), answer.to_string());
        let bench = squint("bench", &["--prompt-tokens", &prompt, "--gen", &gen_, "--runs", "1"]);
        for name in ["prefill", "decode"] {
            assert_eq!(bench["stages"][name]["bytes"], run["stages"][name]["bytes"], "{name} of {text}");
        }
    }
}
