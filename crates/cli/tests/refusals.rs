//! What cannot be is said in one line, by a command that fails and does not break.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use std::process::{Command, Stdio};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/llama/plain");
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/pictures/cat.png");

/// What a command that has to fail says.
fn refused(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    // The terms of a model are told in any case.
    let terms = args[0] == "estimate" && !String::from_utf8_lossy(&out.stdout).contains("flop");
    assert!(out.status.code() == Some(1) && (terms || out.stdout.is_empty()), "{args:?}: {said}");
    said
}

#[test]
fn what_cannot_be_measured_or_estimated_is_named() {
    let bench = ["bench", "--model", MODEL, "--backend", "cpu"];
    for (more, words) in [
        (["--prompt-tokens", "0"], "prompt: the prompt is empty"),
        (["--quant", "kv=q8_0"], "quant: 'kv' cannot be q8_0"),
        (["--quant", "language=u32"], "quant: 'language' cannot be u32"),
        (["--runs", "0"], "bench: 0 runs"),
        (["--runs", "18446744073709551615"], "ask for 1000000 at most"),
        (["--gen", "18446744073709551615"], "of answer in a context of"),
        (["--gen", "0"], "answers of 0 tokens measure nothing"),
        (["--context", "257"], "context: a context of 257 tokens; this model can have 1 to 256"),
        (["--context", "0"], "1 to 256"),
        (["--context", "247"], "200 tokens of prompt and 49 of answer in a context of 247"),
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

/// Before anything is read: there is no such model.
#[test]
fn sampling_that_means_nothing_is_refused_before_a_model_is_read() {
    let run = ["run", "--model", "/nowhere", "--prompt", "x"];
    for (option, wrong, words) in [
        ("--temperature", &["-1", "nan", "inf", "1001", "0.0001"][..], "temperature is"),
        ("--top-p", &["1.5", "-0.1", "nan"], "top_p is"),
        ("--min-p", &["-0.5", "2", "nan"], "min_p is"),
        ("--repeat-penalty", &["0", "-2", "1e9", "nan"], "repeat_penalty is"),
    ] {
        for value in wrong {
            let said = refused(&[&run[..], &[option, value]].concat());
            assert!(said.contains("squint: sampling: ") && said.contains(words), "{option} {value}: {said}");
        }
    }
    // What means something is looked for.
    let fine = ["--temperature", "0.7", "--top-k", "5", "--top-p", "0.9", "--min-p", "0.1", "--repeat-penalty", "1.1"];
    assert!(refused(&[&run[..], &fine].concat()).contains("squint: model: "));
}

fn squint(args: &[&str]) -> (Option<i32>, serde_json::Value, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    let json = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {said}"));
    (out.status.code(), json, said)
}

/// The fixture's rows have 32 or 64 numbers: none fills a block of 256.
#[test]
fn what_cannot_be_packed_stays_and_is_told_by_runs_and_by_estimates() {
    let run = ["logits", "--model", MODEL, "--backend", "reference", "--ids", "1,2", "--json"];
    let (_, plain, quiet) = squint(&run);
    assert_eq!((&plain["unpacked"], quiet.as_str()), (&serde_json::json!([]), ""));
    for kind in ["q4_k", "q6_k", "tq2_0"] {
        let wish = format!("language={kind}");
        let (_, json, said) = squint(&[&run[..], &["--quant", &wish]].concat());
        let kept = &json["unpacked"][0];
        assert_eq!((&kept["wish"], &kept["kept"]["f32"]), (&kind.into(), &kept["matrices"]), "{kept}");
        assert!(said.contains("stay as they are") && said.contains("blocks of 256"), "{said}");
        assert_eq!(json["top"], plain["top"]);
        // SmolLM2's rows have 576 numbers, those of its last product 1536, which are six blocks.
        let bill = |more: &[&str]| {
            let args = [&["estimate", "--model", "smollm2-135m", "--json"], more].concat();
            squint(&args).1
        };
        let (whole, half) = (bill(&[]), bill(&["--quant", &wish]));
        assert_eq!((&whole["file"], &whole["unpacked"]), (&"bf16".into(), &serde_json::json!([])));
        assert_eq!(half["unpacked"][0]["kept"]["bf16"], 181, "{half}");
        assert_eq!(half["unpacked"][0]["matrices"], 211);
        let down = 30 * 576 * 1536;
        let kind = squint_weights::Kind::from_name(kind).unwrap();
        let less = whole["weight_bytes"].as_u64().unwrap() - half["weight_bytes"].as_u64().unwrap();
        assert_eq!(less as usize, 2 * down - kind.bytes_of(down));
        // Of a file in another format it is that one that stays.
        assert_eq!(bill(&["--quant", &wish, "--file", "q4_1"])["unpacked"][0]["kept"]["q4_1"], 181);
    }
    // A wish for caches says nothing of weights.
    let bytes = |more: &[&str]| squint(&[&["estimate", "--model", "smollm2-135m", "--json"], more].concat()).1;
    assert_eq!(bytes(&["--quant", "kv=f32"])["weight_bytes"], bytes(&[])["weight_bytes"]);
}

/// A context that the model cannot have is refused by every verb in the same words, and one that it can have is taken whole.
#[test]
fn a_context_is_counted_alike_by_every_verb() {
    let on = ["--model", MODEL, "--backend", "reference"];
    let verbs: [&[&str]; 3] =
        [&["run", "--prompt", "x"], &["logits", "--ids", "1"], &["bench", "--prompt-tokens", "4"]];
    for verb in verbs {
        let said = refused(&[verb, &on, &["--context", "300"]].concat());
        assert!(said.contains("context: a context of 300 tokens; this model can have 1 to 256"), "{said}");
    }
    // Four tokens and five more are eight that are read, and one that is not.
    for (context, fits) in [("7", false), ("8", true)] {
        let logits = ["logits", "--ids", "1,2,3,4", "--greedy", "5", "--context", context, "--json"];
        let (code, json, said) = squint(&[&logits[..], &on].concat());
        assert_eq!(code == Some(0), fits, "{said}");
        let ask = ["estimate", "--model", "smollm2-135m", "--prompt-tokens", "4", "--gen", "5", "--context", context];
        let (code, bill, _) = squint(&[&ask[..], &["--json"]].concat());
        assert_eq!(code == Some(0), fits);
        if fits {
            assert_eq!(json["greedy"].as_array().unwrap().len(), 5);
        } else {
            assert_eq!(json["error"]["what"], "4 tokens of prompt and 5 of answer in a context of 7");
            assert_eq!(json["error"], bill["error"]);
        }
    }
}

#[test]
fn what_is_exact_has_no_half_caches_and_lists_may_have_blanks() {
    let ask = |quant: &str| {
        let on = ["--model", MODEL, "--backend", "reference", "--ids", "1", "--exact", "--json"];
        squint(&[&["logits", "--quant", quant][..], &on].concat())
    };
    let (code, json, said) = ask("kv=f16");
    assert_eq!((code, &json["error"]["code"]), (Some(1), &"quant".into()), "{said}");
    assert_eq!(json["error"]["what"], "'kv' cannot be exact and f16");
    assert_eq!(ask(" kv = f32 , language=q4_0 ").0, Some(0));
}

/// A program that asked for JSON gets one object, also where there is no answer.
#[test]
fn errors_are_json_for_who_asks_for_it() {
    for (args, code, word) in [
        (&["inspect", "--model", "/nowhere", "--json"][..], 1, "model"),
        (&["estimate", "--model", "nobody", "--json"], 1, "model"),
        (&["features", "--model", MODEL, "--image", "/nowhere.png", "--json"], 1, "file"),
        (&["features", "--model", MODEL, "--image", PICTURE, "--json"], 1, "architecture"),
        (&["run", "--model", MODEL, "--prompt", "", "--raw", "--backend", "reference", "--json"], 1, "missing"),
        (&["bench", "--model", MODEL, "--runs", "many", "--json"], 2, "usage"),
        (&["bench", "--json"], 2, "usage"),
        (&["run", "--model", MODEL, "--prompt", "x", "--raw", "--system", "y", "--json"], 2, "usage"),
    ] {
        let (got, json, said) = squint(args);
        let e = &json["error"];
        assert_eq!((got, &e["code"]), (Some(code), &word.into()), "{args:?}: {said}");
        assert!(!e["what"].as_str().unwrap().is_empty() && said.contains(e["what"].as_str().unwrap()), "{args:?}: {e}");
    }
}

/// A file may call its tensors and itself what it likes: a terminal shows it, and does not obey it.
#[test]
fn what_a_file_says_is_shown_and_not_obeyed() {
    let text = |t: &str| [&(t.len() as u64).to_le_bytes()[..], t.as_bytes()].concat();
    let number = |n: u32| n.to_le_bytes().to_vec();
    let long = |n: u64| n.to_le_bytes().to_vec();
    let name = "\u{1b}[2J\u{9b}31m\nweights";
    let head = [b"GGUF".to_vec(), number(3), long(1), long(1)];
    let meta = [text("general.architecture"), number(8), text("a\u{1b}]0;b\u{7}")];
    let tensor = [text(name), number(1), long(8), number(0), long(0)];
    let mut file = [head.concat(), meta.concat(), tensor.concat()].concat();
    file.resize(file.len().next_multiple_of(32) + 32, 0);
    let path = std::env::temp_dir().join(format!("squint-names-{}.gguf", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let ask = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap();
        (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (plain, _) = ask(&["inspect", "--model", path]);
    let (json, _) = ask(&["inspect", "--model", path, "--json"]);
    let (out, refused) = ask(&["run", "--model", path, "--prompt", "x", "--backend", "reference", "--json"]);
    std::fs::remove_file(path).unwrap();
    for said in [&plain, &json, &out, &refused] {
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
        assert!(!said.is_empty());
    }
    assert!(plain.contains(r"[8] \u001b[2J\u009b31m\u000aweights") && plain.contains(r"a\u001b]0;b\u0007"), "{plain}");
    // For programs it is the name itself.
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["tensors"][0]["name"], name);
    assert!(refused.contains(r"architecture 'a\u001b]0;b\u0007' are not known"), "{refused}");
}
