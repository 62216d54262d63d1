//! Phi, Phi-3, Gemma, Qwen2 and Llama against `transformers` on small random checkpoints as it saves them
//! (scripts/golden/families.py), and as the GGUF files that llama.cpp's converter makes of them.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

mod golden;
mod variants;

use golden::{Golden, gguf, like_golden, load, rows};
use pollster::block_on;
use squint_engine::Session;
use squint_ops::{Kind, Reference, case::relative_error};
use squint_tests::{backends, converted, files, tree::root};
use squint_weights::{Checkpoint, Error};
use std::{path::PathBuf, rc::Rc};

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/families").join(name)
}

fn names() -> Vec<String> {
    let all = std::fs::read_dir(folder("")).unwrap();
    let mut names: Vec<String> = all.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 16);
    names
}

/// A fixture, with other words in its configuration.
fn directory(name: &str, words: [&str; 2]) -> Result<Checkpoint, Error> {
    files::directory(&folder(name), words)
}

fn plain(name: &str) -> Checkpoint {
    directory(name, ["", ""]).unwrap()
}

#[test]
fn every_family_is_transformers_from_a_directory_and_from_a_gguf() {
    for name in names() {
        let golden = Golden::read(&folder(&name));
        for on in backends::everywhere() {
            let what = format!("{name} on {}", on.caps().device);
            like_golden(&what, &load(plain(&name), on.clone()).unwrap(), &golden);
            // Phi-2's files come with queries, keys and values as one tensor, and as three.
            for fused in if name.starts_with("phi-") { &[false, true][..] } else { &[false] } {
                let file = gguf(converted::gguf(&plain(&name), *fused).unwrap());
                let what = format!("{what}, gguf{}", if *fused { " fused" } else { "" });
                like_golden(&what, &load(file, on.clone()).unwrap(), &golden);
            }
        }
    }
}

/// A prompt at once, in two parts, and token by token: the same logits.
#[test]
fn caches_change_nothing() {
    for name in names() {
        let ids = Golden::read(&folder(&name)).ids;
        for on in backends::everywhere() {
            let model = load(plain(&name), on.clone()).unwrap();
            let want = rows(&model, &ids);
            let mut session = Session::new(model.clone(), ids.len(), Kind::F32).unwrap();
            let same = |got: Vec<f32>, at: usize| {
                let error = relative_error(&want[at], &got, 0.0);
                assert!(error < 1e-5, "{name} at {at} on {}: {error}", on.caps().device);
            };
            block_on(session.prefill(&ids[..1])).unwrap();
            same(block_on(session.logits()).unwrap(), 0);
            for (at, id) in ids.iter().enumerate().skip(1) {
                block_on(session.push(*id)).unwrap();
                same(block_on(session.logits()).unwrap(), at);
            }
            let mut session = Session::new(model.clone(), ids.len(), Kind::F32).unwrap();
            for (end, there) in [(11, 0), (17, 11), (ids.len(), 17)] {
                assert_eq!(block_on(session.prefill(&ids[..end])).unwrap(), there, "{name}");
                same(block_on(session.logits()).unwrap(), end - 1);
            }
        }
    }
}

fn refused(name: &str, words: [&str; 2]) -> Error {
    let checkpoint = directory(name, words).unwrap();
    load(checkpoint, Rc::new(Reference::default())).err().unwrap_or_else(|| panic!("{name} with {words:?} was loaded"))
}

/// What cannot be done exactly is not done.
#[test]
fn what_is_not_known_is_refused() {
    let longrope = ["\"rope_type\": \"default\"", "\"rope_type\": \"longrope\""];
    for (name, words, says) in [
        ("phi3", longrope, "short_factor"),
        ("qwen2-own", ["\"rope_type\": \"default\"", "\"rope_type\": \"rubber\""], "stretched by 'rubber'"),
        ("phi-0.4", ["\"qk_layernorm\": false", "\"qk_layernorm\": true"], "self_attn.q_layernorm.weight"),
        (
            "gemma-one-group",
            ["\"use_bidirectional_attention\": null", "\"use_bidirectional_attention\": true"],
            "looks at what comes after",
        ),
        ("phi-0.5-groups", ["\"partial_rotary_factor\": 0.5", "\"partial_rotary_factor\": 0.26"], "3 of them turned"),
        ("phi-0.5-groups", ["\"partial_rotary_factor\": 0.5", "\"partial_rotary_factor\": 0.05"], "0 of them turned"),
        ("gemma-one-group", ["\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3"], "4 heads in 3 groups"),
        ("phi3-groups", ["\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"], "qkv_proj"),
    ] {
        let e = refused(name, words);
        assert!(e.what.contains(says), "{name} with {words:?}: {e}");
    }
}

/// Older files keep the table of positions beside the weights, which says nothing new. Others are another model's.
#[test]
fn tables_of_positions_are_left_alone() {
    for name in ["llama-own", "phi-0.4", "phi3", "qwen2-own", "gemma-one-group"] {
        let weights = std::fs::read(folder(name).join("model.safetensors")).unwrap();
        let with = |tensor: &str| {
            let more = files::beside(&weights, tensor, &[1.0, 0.5]).unwrap();
            load(files::with_weights(&folder(name), more).unwrap(), Rc::new(Reference::default()))
        };
        let model = with("model.layers.0.self_attn.rotary_emb.inv_freq").unwrap();
        like_golden(name, &model, &Golden::read(&folder(name)));
        let e = with("model.layers.0.self_attn.another").err().unwrap();
        assert!(e.code == "tensor" && e.what.contains("self_attn.another"), "{name}: {e}");
    }
}

/// A layer without its bias answers, too.
#[test]
fn every_tensor_is_missed() {
    for name in ["llama-3", "llama-own", "phi-0.4", "phi3", "qwen2-own", "qwen2-tied", "gemma-one-group"] {
        for (tensor, checkpoint) in files::without_one(&folder(name)).unwrap() {
            let e = load(checkpoint, Rc::new(Reference::default())).err();
            let e = e.unwrap_or_else(|| panic!("{name} was loaded without {tensor}"));
            assert!(e.code == "missing", "{name} without {tensor}: {e}");
        }
    }
    // And none is taken that the configuration denies.
    assert_eq!(refused("qwen2-own", ["Qwen2ForCausalLM", "LlamaForCausalLM"]).code, "tensor");
    let promised = |flag: &str| refused("llama-3", [&format!("\"{flag}\": false"), &format!("\"{flag}\": true")]);
    assert!(promised("attention_bias").what.contains("self_attn.q_proj.bias"));
    assert!(promised("mlp_bias").what.contains("gate_proj.bias"));
}

/// Which layers see a window, by what files say: Phi-3's all, Qwen2's mostly none, or those from some one on, or those of a
/// list.
#[test]
fn windows_are_those_of_the_layers_that_have_one() {
    let windows =
        |checkpoint: Checkpoint| load(checkpoint, Rc::new(Reference::default())).unwrap().sizes.windows.clone();
    assert_eq!(windows(plain("phi3")), [40, 40]);
    assert_eq!(windows(gguf(converted::gguf(&plain("phi3"), false).unwrap())), [40, 40]);
    assert_eq!(windows(plain("phi3-groups")), [0, 0, 0]);
    let qwen = |used: bool, change: fn(&mut serde_json::Value)| {
        let words = ["\"use_sliding_window\": false", &format!("\"use_sliding_window\": {used}")];
        let mut checkpoint = directory("qwen2-own", words).unwrap();
        if let squint_weights::Facts::Hf(config) = &mut checkpoint.facts {
            config["sliding_window"] = 24.into();
            config.as_object_mut().unwrap().remove("layer_types");
            change(config);
        }
        windows(checkpoint)
    };
    assert_eq!(qwen(false, |c| c["max_window_layers"] = 0.into()), [0, 0, 0]);
    assert_eq!(qwen(true, |c| c["max_window_layers"] = 3.into()), [0, 0, 0]);
    assert_eq!(qwen(true, |c| c["max_window_layers"] = 1.into()), [0, 24, 24]);
    let listed = |c: &mut serde_json::Value| {
        c["max_window_layers"] = 3.into();
        c["layer_types"] = vec!["sliding_attention", "full_attention", "sliding_attention"].into();
    };
    assert_eq!(qwen(true, listed), [24, 0, 24]);
    assert_eq!(qwen(false, listed), [0, 0, 0]);
    // Not said, it is 4096, which is more than these positions; said to be none, it is none.
    let silent = |c: &mut serde_json::Value| {
        c["max_window_layers"] = 2.into();
        drop(c.as_object_mut().unwrap().remove("sliding_window"));
    };
    assert_eq!(qwen(true, silent), [0, 0, 4096]);
    let none = |c: &mut serde_json::Value| {
        c["max_window_layers"] = 2.into();
        c["sliding_window"] = serde_json::Value::Null;
    };
    assert_eq!(qwen(true, none), [0, 0, 0]);
}
