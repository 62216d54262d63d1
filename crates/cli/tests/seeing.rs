//! Questions about picture files: `transformers`' ids, likeliest tokens and answers (scripts/golden/seeing.py).

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn squint(verb: &str, model: &str, more: &[&str], pictures: &Value) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    command.arg(verb).arg("--model").arg(fixtures().join(model)).args(["--backend", "reference"]).args(more);
    for name in pictures.as_array().unwrap() {
        command.arg("--image").arg(fixtures().join("pictures").join(name.as_str().unwrap()));
    }
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(out: Output) -> Value {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn refused(verb: &str, model: &str, more: &[&str], pictures: &[&str]) -> String {
    let out = squint(verb, model, more, &json!(pictures));
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0), "{more:?}: {said}");
    said
}

fn goldens(name: &str) -> Vec<Value> {
    let text = std::fs::read(fixtures().join("seeing").join(name).join("golden.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn a_picture_and_a_question_become_transformers_answer() {
    for name in ["llava-clip-llama", "llava-siglip-qwen2", "idefics3", "smolvlm-sharded", "mobilevlm"] {
        let model = format!("seeing/{name}");
        for golden in goldens(name) {
            let all: Vec<u64> = golden["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
            let (prompt, answer) = all.split_at(golden["prompt"].as_u64().unwrap() as usize);
            let most = answer.len().to_string();
            let (text, raw) = (golden["text"].as_str().unwrap(), golden["raw"].as_str().unwrap());
            let pictures = &golden["pictures"];
            for ask in [&["--prompt", text][..], &["--prompt", raw, "--raw"]] {
                let said = said(squint("run", &model, &[ask, &["--max-tokens", &most, "--json"]].concat(), pictures));
                assert!(said["ids"] == json!(answer) && said["text"] == golden["said"], "{name}: {said}");
                let stages = said["stages"].as_object().unwrap();
                let sees = !pictures.as_array().unwrap().is_empty();
                assert_eq!(stages.contains_key("vision"), sees);
                if sees {
                    let flops = |stage: &str| stages[stage]["flops"].as_u64().unwrap();
                    assert!(flops("vision") > flops("project") && flops("project") > 0, "{said}");
                    let meter = &said["meter"];
                    assert!(
                        meter["vision_ms"].as_f64() > Some(0.0)
                            && meter["ttft_ms"].as_f64() > meter["vision_ms"].as_f64()
                    );
                }
            }
            let ids = prompt.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            for ask in [["--prompt", raw], ["--ids", &ids]] {
                let said =
                    said(squint("logits", &model, &[&ask[..], &["--greedy", &most, "--json"]].concat(), pictures));
                assert!(said["ids"] == json!(prompt) && said["greedy"] == json!(answer), "{name}: {said}");
                assert_eq!(said["argmax"].as_array().unwrap()[..], golden["best"].as_array().unwrap()[..prompt.len()]);
            }
        }
    }
}

/// Resolution and tiles are switches: what is answered is what transformers answers with them, and each has its own
/// cost, which is estimated.
#[test]
fn pictures_are_shown_otherwise_at_another_cost() {
    for name in ["llava-clip-llama", "llava-siglip-qwen2", "idefics3"] {
        let model = format!("seeing/{name}");
        let all = std::fs::read(fixtures().join(&model).join("shown.json")).unwrap();
        for way in serde_json::from_slice::<Vec<Value>>(&all).unwrap() {
            let golden = &way["cases"][0];
            let edge = way["resolution"].as_u64().map(|n| n.to_string());
            let mut more = edge.iter().flat_map(|edge| ["--resolution", edge]).collect::<Vec<_>>();
            more.extend((way["whole"] == true).then_some("--whole"));
            let answer = &golden["ids"].as_array().unwrap()[golden["prompt"].as_u64().unwrap() as usize..];
            let most = answer.len().to_string();
            let ask = ["--prompt", golden["text"].as_str().unwrap(), "--max-tokens", &most, "--json"];
            let pictures = &golden["pictures"];
            let [usual, said] = [&[][..], &more].map(|m| said(squint("run", &model, &[&ask, m].concat(), pictures)));
            assert!(said["ids"] == json!(answer) && said["text"] == golden["said"], "{name} {more:?}: {said}");
            let vision = |said: &Value| said["stages"]["vision"].clone();
            assert_ne!(vision(&said)["flops"], vision(&usual)["flops"], "{name} {more:?}");
            // The same is said beforehand, of the size of the picture alone where it is cut into tiles.
            let all = golden["ids"].as_array().unwrap();
            let rows = said["stages"]["project"]["tokens_out"].as_u64().unwrap();
            let words = (golden["prompt"].as_u64().unwrap() - rows).to_string();
            let before = all.iter().position(|id| *id == MARK).unwrap().to_string();
            let size: &[&str] = if name == "idefics3" { &["--picture", CAT] } else { &[] };
            let ask = ["--prompt-tokens", &words, "--before", &before, "--gen", &most, "--json"];
            let told = self::said(squint("estimate", &model, &[&ask, &more[..], size].concat(), &json!([])));
            for stage in ["vision", "project", "prefill", "decode"] {
                let [told, said] = [&told, &said].map(|all| &all["stages"][stage]);
                assert_eq!(told["flops"], said["flops"], "{name} {more:?}, {stage}: {told}");
                assert_eq!(told["tokens_in"], said["tokens_in"], "{name} {more:?}, {stage}: {told}");
            }
            let [told, held] = [&told, &said["meter"]].map(|all| all["peak_bytes"].as_f64().unwrap());
            assert!((told / held - 1.0).abs() <= 0.1, "{name} {more:?}: {told} of {held} bytes");
        }
    }
}

/// Width and height of cat.png.
const CAT: &str = "199x133";
/// The id that stands for rows of pictures in all of these.
const MARK: u64 = 3;

#[test]
fn the_tower_alone_and_what_a_directory_holds() {
    let model = "seeing/llava-clip-llama";
    let rows = said(squint("features", model, &["--json"], &json!(["cat.png"])));
    assert_eq!(rows["shape"], json!([17, 24]));
    let told = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        command.args(["inspect", "--model"]).arg(fixtures().join(model)).args(more).output().unwrap()
    };
    let json = said(told(&["--json"]));
    let (sizes, width) = (&json["sizes"], |part: &str| json["sizes"][part]["width"].as_u64());
    assert!(json["family"] == "llava" && sizes["tokens"] == 16 && sizes["layer"] == 2 && sizes["mark"] == 3, "{json}");
    assert_eq!((width("vision"), width("language")), (Some(24), Some(32)));
    let lines = String::from_utf8(told(&[]).stdout).unwrap();
    for line in ["family        llava", "encoder       clip", "tokens        16 for each view", "language      llama"] {
        assert!(lines.contains(line), "{lines}");
    }
}

#[test]
fn what_cannot_be_asked_is_named() {
    let model = "seeing/llava-clip-llama";
    for (verb, model, more, pictures, words) in [
        ("logits", "llama/plain", &["--ids", "1,2"][..], &["cat.png"][..], "'LlamaForCausalLM' cannot see pictures"),
        ("run", model, &["--raw", "--prompt", "<image> Hi"], &[], "1 places for pictures, and there are 0"),
        ("run", model, &["--raw", "--prompt", "Hi"], &["cat.png"], "write <image> once for each picture"),
        ("logits", model, &["--ids", "0,3,3,9"], &["cat.png"], "places for 2 rows of pictures, and there are 16"),
        ("logits", model, &["--ids", "0,3,9"], &[], "places for 1 rows of pictures, and there are 0"),
        ("run", model, &["--prompt", "Hi"], &["dog.png"], "dog.png' cannot be opened"),
        ("run", model, &["--prompt", "Hi", "--quant", "eye=q8_0"], &[], "language, kv, vision, projector"),
        ("run", model, &["--prompt", "Hi", "--resolution", "0"], &["cat.png"], "a resolution of 0"),
        ("run", model, &["--prompt", "Hi", "--context", "20"], &["cat.png"], "the context room for 20"),
    ] {
        let said = refused(verb, model, more, pictures);
        assert!(said.contains(words), "{more:?}: {said}");
    }
}

#[test]
fn what_cannot_be_estimated_is_named() {
    let (tiles, nothing) = ("seeing/idefics3", "how large the picture is changes nothing");
    for (model, more, words) in [
        (tiles, ["--resolution", "0"], "a resolution of 0"),
        (tiles, ["--picture", "0x8"], "a picture of 0×8"),
        ("seeing/llava-clip-llama", ["--picture", "8x8"], nothing),
        ("encoders/dinov2", ["--picture", "8x8"], nothing),
        ("llama/plain", ["--picture", "8x8"], nothing),
    ] {
        let out = squint("estimate", model, &more, &json!([]));
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && said.contains(words), "{model} {more:?}: {said}");
    }
}

/// What has to be known before anything is downloaded.
#[test]
fn an_estimate_brings_the_card() {
    let estimate = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        command.arg("estimate").args(more).stdin(Stdio::null()).output().unwrap()
    };
    let bill = said(estimate(&["--model", "llava-1.5-7b", "--json"]));
    let licence = &bill["card"]["licence"];
    assert!(licence["permissive"] == json!(false) && licence["gated"] == json!(false), "{bill}");
    assert_eq!(&bill["licence"], licence);
    let tokens = |stage: &str| bill["stages"][stage]["tokens_in"].as_u64();
    assert_eq!((tokens("vision"), tokens("project"), tokens("prefill")), (Some(576), Some(577), Some(640)));
    let lines = String::from_utf8(estimate(&["--model", "mobilevlm-v2-1.7b"]).stdout).unwrap();
    for words in [
        "licence  Apache-2.0: any use",
        "1 view of 336×336 pixels and 576 rows, 144 after",
        "PyTorch written from its description",
    ] {
        assert!(lines.contains(words), "{lines}");
    }
    // What sees nothing has no card, but terms; of a directory nobody knows them.
    let bill = said(estimate(&["--model", "smollm2-135m", "--json"]));
    assert_eq!((&bill["card"], &bill["licence"]["name"]), (&Value::Null, &json!("Apache-2.0")));
    for (name, words) in [
        ("gemma-2b-it", "licence  Gemma Terms of Use: some uses are excluded, after signing in: https://"),
        ("vicuna-7b", "licence  Llama 2 Community License: some uses are excluded, without signing in: https://"),
        ("clip-vit-base-patch32", "besides  not read on the page of the weights"),
        (fixtures().join("seeing/smolvlm-sharded").to_str().unwrap(), "licence  not known"),
    ] {
        let lines = String::from_utf8(estimate(&["--model", name]).stdout).unwrap();
        assert!(lines.contains(words), "{name}: {lines}");
        // Before what it costs.
        assert!(lines.find("licence").unwrap() < lines.find("weights  ").unwrap(), "{name}: {lines}");
    }
    // A prompt of 17 views does not fit into every context. The terms are told all the same.
    assert!(estimate(&["--model", "smolvlm-256m"]).status.success());
    let out = estimate(&["--model", "smolvlm-256m", "--context", "1024"]);
    assert!(String::from_utf8(out.stdout).unwrap().contains("licence  Apache-2.0: any use"));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("1152 tokens of prompt and 32 of answer in a context of 1024"), "{said}");
}

/// A file may name its licence; what it says is shown as it says it, and no other is thought up.
#[test]
fn an_inspection_tells_the_licence_that_a_file_names() {
    let text = |t: &str| [&(t.len() as u64).to_le_bytes()[..], t.as_bytes()].concat();
    let said_by = |facts: &[(&str, &str)], name: &str| {
        // Version 3, no tensors, facts that are texts (8).
        let mut file =
            [b"GGUF", &3u32.to_le_bytes()[..], &0u64.to_le_bytes(), &(facts.len() as u64).to_le_bytes()].concat();
        for (key, value) in facts {
            file.extend([text(key), 8u32.to_le_bytes().to_vec(), text(value)].concat());
        }
        let path = std::env::temp_dir().join(format!("squint-{name}-{}.gguf", std::process::id()));
        std::fs::write(&path, file).unwrap();
        let inspect = |more: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
            command.args(["inspect", "--model"]).arg(&path).args(more).stdin(Stdio::null()).output().unwrap()
        };
        let (json, lines) = (said(inspect(&["--json"])), String::from_utf8(inspect(&[]).stdout).unwrap());
        std::fs::remove_file(path).unwrap();
        (json["licence"].clone(), lines)
    };
    let llama = ("general.architecture", "llama");
    let (json, lines) = said_by(&[llama, ("general.license", "cc-by-nc-4.0")], "named");
    assert!(json == "cc-by-nc-4.0" && lines.contains("licence       cc-by-nc-4.0\n"), "{json}: {lines}");
    let (json, lines) = said_by(&[llama], "silent");
    assert!(json == Value::Null && lines.contains("licence       the file names none"), "{json}: {lines}");
}
