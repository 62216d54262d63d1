//! Pairs of GGUF files on the command line: the language model and, beside it, its encoder and projector.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn at(name: &str) -> String {
    fixtures().join("mmproj").join(name).to_str().unwrap().to_owned()
}

fn squint(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_squint")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn said(args: &[&str]) -> Value {
    let out = squint(args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let out = squint(args);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0), "{args:?}: {said}");
    said
}

/// A folder as it is downloaded, and the two files by name: the same answer.
#[test]
fn a_pair_answers_questions() {
    for name in ["llava-old", "llava-siglip-layers", "idefics3", "mobilevlm"] {
        let goldens: Vec<Value> = serde_json::from_slice(&std::fs::read(at(name) + "/golden.json").unwrap()).unwrap();
        let golden = &goldens[0];
        let all: Vec<u64> = golden["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        let (prompt, answer) = all.split_at(golden["prompt"].as_u64().unwrap() as usize);
        let (folder, language, eye) = (at(name), at(name) + "/language.gguf", at(name) + "/mmproj.gguf");
        let picture = fixtures().join("pictures").join(golden["pictures"][0].as_str().unwrap());
        let more = ["--image", picture.to_str().unwrap(), "--backend", "reference", "--json"];
        let (text, raw) = (golden["text"].as_str().unwrap(), golden["raw"].as_str().unwrap());
        for model in [&["--model", &folder][..], &["--model", &language, "--mmproj", &eye]] {
            let most = answer.len().to_string();
            let run = said(&[&["run"], model, &["--prompt", text, "--max-tokens", &most], &more[..]].concat());
            assert!(run["ids"] == json!(answer) && run["text"] == golden["said"], "{name}: {run}");
            let logits = said(&[&["logits"], model, &["--prompt", raw, "--greedy", &most], &more[..]].concat());
            assert!(logits["ids"] == json!(prompt) && logits["greedy"] == json!(answer), "{name}: {logits}");
        }
    }
}

#[test]
fn towers_and_heads_of_files_are_shown() {
    let (folder, eye) = (at("llava-old"), at("llava-old/mmproj.gguf"));
    let picture = fixtures().join("pictures/cat.png");
    let more = ["--image", picture.to_str().unwrap(), "--backend", "reference", "--json"];
    let rows = |model: &[&str]| {
        let mut said = said(&[&["features"], model, &more[..]].concat());
        // What it takes differs from run to run.
        ["preprocess", "vision"].into_iter().for_each(|stage| drop(said["stages"][stage]["ms"].take()));
        said
    };
    let alone = rows(&["--mmproj", &eye]);
    assert_eq!(alone["shape"], json!([17, 24]));
    assert_eq!((&rows(&["--model", &eye]), &rows(&["--model", &folder])), (&alone, &alone));

    let both = said(&["inspect", "--model", &folder, "--json"]);
    let (sizes, names) = (&both["sizes"], both["tensors"].as_array().unwrap());
    assert!(both["family"] == "llava" && sizes["tokens"] == 16 && sizes["mark"] == 3, "{sizes}");
    for name in ["token_embd.weight", "v.class_embd", "mm.2.weight"] {
        assert!(names.iter().any(|t| t["name"] == name), "{name}");
    }
    let one = said(&["inspect", "--mmproj", &eye, "--json"]);
    assert!(one["family"] == "clip" && one["sizes"]["layers"] == 2, "{one}");
    let lines = String::from_utf8(squint(&["inspect", "--model", &eye]).stdout).unwrap();
    assert!(lines.contains("architecture  clip") && lines.contains("projector     mlp"), "{lines}");
}

#[test]
fn wrong_files_are_named() {
    let [language, eye, other] = ["llava-old/language.gguf", "llava-old/mmproj.gguf", "mobilevlm/mmproj.gguf"].map(at);
    let picture = fixtures().join("pictures/cat.png");
    let ask = ["--prompt", "Hi", "--backend", "reference", "--image", picture.to_str().unwrap()];
    for (model, words) in [
        (&["--model", &eye][..], "without a language model"),
        (&["--mmproj", &eye], "without a language model"),
        (&["--model", &language], "'llama' cannot see pictures"),
        (&["--model", &language, "--mmproj", &language], "a model of architecture 'llama'"),
        (&["--model", &language, "--mmproj", &other], "makes rows of 24 numbers, the language model reads rows of 32"),
        (&["--model", &language, "--mmproj", "/nowhere.gguf"], "'/nowhere.gguf' cannot be opened"),
    ] {
        let said = refused(&[&["run"], model, &ask[..]].concat());
        assert!(said.contains(words), "{model:?}: {said}");
    }
    let said = refused(&["inspect", "--model", &language, "--mmproj", &other]);
    assert!(said.contains("makes rows of 24 numbers"), "{said}");
}

/// Folders with more files than one of a kind.
#[test]
fn which_file_is_meant_has_to_be_clear() {
    let folder = std::env::temp_dir().join(format!("squint-pair-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let put = |from: &str, to: &str| {
        std::fs::copy(at(from), folder.join(to)).unwrap();
    };
    put("llava-old/language.gguf", "llava-Q4.gguf");
    put("llava-old/mmproj.gguf", "llava-MMPROJ-f16.gguf");
    let name = folder.to_str().unwrap();
    assert_eq!(said(&["inspect", "--model", name, "--json"])["family"], "llava");
    put("llava-old/mmproj.gguf", "mmproj-q8_0.gguf");
    let several = refused(&["inspect", "--model", name]);
    assert!(several.contains("llava-MMPROJ-f16.gguf, mmproj-q8_0.gguf") && several.contains("--mmproj"), "{several}");
    let eye = folder.join("mmproj-q8_0.gguf");
    assert_eq!(said(&["inspect", "--model", name, "--mmproj", eye.to_str().unwrap(), "--json"])["family"], "llava");
    put("llava-old/language.gguf", "other.gguf");
    let several = refused(&["inspect", "--model", name]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(several.contains("llava-Q4.gguf, other.gguf"), "{several}");
}
