//! A picture file in, `transformers`' hidden states and logits out (scripts/golden/features.py).

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");

fn features(model: &Path, image: &Path, more: &[&str]) -> Output {
    features_on(model, image, &[&["--backend", "reference"], more].concat())
}

fn features_on(model: &Path, image: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    command.args(["features", "--model"]).arg(model).arg("--image").arg(image);
    command.args(more).stdin(Stdio::null()).output().unwrap()
}

fn vit() -> PathBuf {
    Path::new(FIXTURES).join("vit")
}

fn picture(name: &str) -> PathBuf {
    Path::new(FIXTURES).join("pictures").join(name)
}

fn values(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Relative L2 error.
fn off(want: &[f64], got: &[f64]) -> f64 {
    assert_eq!(want.len(), got.len());
    let square = |of: &mut dyn Iterator<Item = f64>| of.map(|v| v * v).sum::<f64>();
    (square(&mut want.iter().zip(got).map(|(a, b)| a - b)) / square(&mut want.iter().copied())).sqrt()
}

#[test]
fn a_file_becomes_what_transformers_makes_of_it() {
    let golden: Value = serde_json::from_slice(&std::fs::read(vit().join("features.json")).unwrap()).unwrap();
    for (name, want) in golden.as_object().unwrap() {
        for (more, key, shape) in [
            (&["--json"][..], "logits", serde_json::json!([5])),
            (&["--json", "--hidden"], "hidden", want["shape"].clone()),
        ] {
            let out = features(&vit(), &picture(name), more);
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let got: Value = serde_json::from_slice(&out.stdout).unwrap();
            assert_eq!(got["shape"], shape);
            let error = off(&values(&want[key]), &values(&got["values"]));
            println!("{name}, {key}: {error:.1e}");
            assert!(error < 1e-4, "{name}, {key}: {error}");
        }
    }
}

/// Pictures of models with a text half, and of those that were trained on another size; a layer, patches only, the pooled
/// row, and another resolution.
#[test]
fn what_is_wanted_of_an_encoder_can_be_chosen() {
    for name in ["clip-whole", "siglip-whole", "dinov2"] {
        let folder = Path::new(FIXTURES).join("encoders").join(name);
        let golden: Value = serde_json::from_slice(&std::fs::read(folder.join("features.json")).unwrap()).unwrap();
        for (resolution, want) in golden.as_object().unwrap() {
            let size = if resolution == "own" { vec![] } else { vec!["--resolution", resolution] };
            for (more, key) in [
                (&[][..], "last"),
                (&["--layer", "-2"], "before"),
                (&["--layer", "-2", "--patches"], "patches"),
                (&["--pooled"], "pooled"),
            ] {
                let out = features(&folder, &picture("turn-6.png"), &[&["--json"], more, &size].concat());
                assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
                let got: Value = serde_json::from_slice(&out.stdout).unwrap();
                let error = off(&values(&want[key]), &values(&got["values"]));
                println!("{name}, {key} at {resolution}: {error:.1e}");
                assert!(error < 1e-4, "{name}, {key} at {resolution}: {error}");
                assert!(key != "before" || got["shape"] == want["shape"]);
            }
        }
    }
}

/// The bare ViT and DeiT have a layer and a curve behind the class token's row: `pooler_output`, as `transformers` names it.
#[test]
fn bare_encoders_have_a_pooled_row() {
    for name in ["vit-bare", "deit-bare"] {
        let from = Path::new(FIXTURES).join("encoders").join(name);
        let config: Value = serde_json::from_slice(&std::fs::read(from.join("config.json")).unwrap()).unwrap();
        let folder = std::env::temp_dir().join(format!("squint-pooled-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["config.json", "model.safetensors"] {
            std::fs::copy(from.join(file), folder.join(file)).unwrap();
        }
        let edge = &config["image_size"];
        let how =
            serde_json::json!({"image_processor_type": "ViTImageProcessor", "size": {"height": edge, "width": edge}});
        std::fs::write(folder.join("preprocessor_config.json"), how.to_string()).unwrap();
        let json = |more: &[&str]| -> Value {
            let out = features(&folder, &picture("cat.png"), &[&["--json"], more].concat());
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            serde_json::from_slice(&out.stdout).unwrap()
        };
        let (row, hidden) = (json(&["--pooled"]), json(&[]));
        std::fs::remove_dir_all(&folder).unwrap();
        let width = config["pooler_output_size"].as_u64().unwrap();
        assert!(row["shape"] == serde_json::json!([width]) && hidden["shape"][1] == config["hidden_size"], "{row}");
        assert!(values(&row["values"]).iter().any(|v| v.abs() > 0.1) && row["peak_bytes"].as_u64().unwrap() > 0);
    }
}

/// A map over the picture as it was shown, and a drawing of it.
#[test]
fn a_head_makes_a_map() {
    let from = Path::new(FIXTURES).join("heads/saliency");
    let folder = std::env::temp_dir().join(format!("squint-heads-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(from.join(file), folder.join(file)).unwrap();
    }
    let how = r#"{"image_processor_type": "ViTImageProcessor", "size": {"height": 25, "width": 40}}"#;
    std::fs::write(folder.join("preprocessor_config.json"), how).unwrap();
    let drawn = folder.join("heat.png");
    let head = ["--head", "saliency"];
    let out =
        features(&folder, &picture("cat.png"), &[&head[..], &["--json", "--png", drawn.to_str().unwrap()]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    let map = values(&said["values"]);
    assert!(said["shape"] == serde_json::json!([25, 40]) && map.len() == 1000);
    assert!(map.iter().all(|v| (0.0..=1.0).contains(v)), "{said}");
    // Width and height stand in the first chunk of a PNG.
    let png = std::fs::read(&drawn).unwrap();
    let word = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    assert_eq!((&png[1..4], word(16), word(20)), (&b"PNG"[..], 80, 25));
    let nowhere = features(&folder, &picture("cat.png"), &[&head[..], &["--png", "/nowhere/heat.png"]].concat());
    let none = features(&vit(), &picture("cat.png"), &head);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("'/nowhere/heat.png' cannot be written"));
    assert!(String::from_utf8_lossy(&none.stderr).contains("the model has no head 'saliency'"));
}

#[test]
fn an_encoders_file_says_what_it_is() {
    let folder = Path::new(FIXTURES).join("encoders/siglip-vision");
    let inspect = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        command.args(["inspect", "--model"]).arg(&folder).args(more).stdin(Stdio::null()).output().unwrap()
    };
    let said: Value = serde_json::from_slice(&inspect(&["--json"]).stdout).unwrap();
    let sizes = serde_json::json!({"layers": 3, "width": 36, "heads": 2, "head": 18, "inner": 50, "image": [22, 22],
        "patch": 8, "rows": 4, "classes": 0});
    assert!(said["family"] == "siglip" && said["sizes"] == sizes, "{said}");
    let said = String::from_utf8(inspect(&[]).stdout).unwrap();
    assert!(said.contains("pictures      22×22 in patches of 8: 4 rows"), "{said}");
}

#[test]
fn people_see_a_part_of_it() {
    let out = features(&vit(), &picture("cat.png"), &["--hidden"]);
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && said.starts_with("shape  [17, 32]") && said.lines().count() == 10, "{said}");
    assert!(said.contains("cost   1 view of 16 patches, "), "{said}");
}

#[test]
fn what_cannot_be_shown_is_named() {
    let folder = std::env::temp_dir().join(format!("squint-features-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = std::fs::read_to_string(vit().join("preprocessor_config.json")).unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(vit().join(name), folder.join(name)).unwrap();
    }
    let refused = |image: &Path| {
        let out = features(&folder, image, &["--json"]);
        let error: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && said.contains(error["error"]["what"].as_str().unwrap()), "{error}");
        said
    };
    let cat = picture("cat.png");
    let missing = refused(&cat);
    std::fs::write(folder.join("preprocessor_config.json"), config.replace("32", "30")).unwrap();
    let other = refused(&cat);
    std::fs::write(folder.join("preprocessor_config.json"), config).unwrap();
    let again = |more: &[&str]| {
        let out = features(&folder, &cat, more);
        assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
        String::from_utf8(out.stderr).unwrap()
    };
    let (layer, pooled, tiny) = (again(&["--layer", "3"]), again(&["--pooled"]), again(&["--resolution", "7"]));
    let (text, nowhere) = (refused(&vit().join("config.json")), refused(&picture("dog.png")));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(missing.contains("no 'preprocessor_config.json'"), "{missing}");
    assert!(other.contains("makes pictures of 30×30, the model takes 32×32"), "{other}");
    assert!(layer.contains("no layer 3 among 2"), "{layer}");
    assert!(pooled.contains("a pooled row"), "{pooled}");
    assert!(tiny.contains("7×7 has no patch of 8"), "{tiny}");
    assert!(text.contains("is no picture"), "{text}");
    assert!(nowhere.contains("dog.png' cannot be opened"), "{nowhere}");
}

/// Pictures are of the size that the files beside a model say, and so is what they cost.
#[test]
fn an_estimate_takes_pictures_as_they_are_shown() {
    // Trained on 28 pixels, and shown 35.
    let folder = Path::new(FIXTURES).join("encoders/dinov2");
    let bill = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        let out = command.args(["estimate", "--json", "--model"]).arg(&folder).args(more).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let bill: Value = serde_json::from_slice(&out.stdout).unwrap();
        bill["stages"]["vision"]["flops"].as_u64().unwrap()
    };
    assert_eq!(bill(&[]), bill(&["--resolution", "35"]));
    assert!(bill(&[]) > bill(&["--resolution", "28"]));
}

fn said(out: Output) -> Value {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn encoder(name: &str) -> PathBuf {
    Path::new(FIXTURES).join("encoders").join(name)
}

/// Large pictures in parts, as LLaVA-UHD, S2 and InternLM-XComposer2-4KHD cut them (scripts/golden/cuts.py).
#[test]
fn pictures_are_cut_as_the_papers_cut_them() {
    let all = std::fs::read(Path::new(FIXTURES).join("cuts.json")).unwrap();
    for g in serde_json::from_slice::<Vec<Value>>(&all).unwrap() {
        let [name, shown, cut] = ["encoder", "picture", "cut"].map(|key| g[key].as_str().unwrap());
        let layer = g["layer"].as_i64().map(|layer| format!("--layer={layer}"));
        let patches = (g["patches"] == true).then_some("--patches");
        let rows: Vec<&str> = layer.as_deref().into_iter().chain(patches).collect();
        let what = format!("{name} of {shown}, {cut} {rows:?}");
        let got = said(features(&encoder(name), &picture(shown), &[&["--json", "--cut", cut], &rows[..]].concat()));
        assert_eq!(got["shape"], g["shape"], "{what}");
        let some: Vec<f64> = values(&got["values"]).into_iter().step_by(13).collect();
        let error = off(&values(&g["values"]), &some);
        println!("{what}: {error:.1e}");
        assert!(error < 1e-4, "{what}: {error}");
        // Views of one size cost the same; what is paid is what each of them costs.
        if !cut.starts_with("uhd") {
            let edge = got["views"][0][0].to_string();
            let edge = ["--json", "--resolution", &edge];
            let again = [&edge[..], &["--cut", cut], &rows[..]].concat();
            assert_eq!(said(features(&encoder(name), &picture(shown), &again))["values"], got["values"], "{what}");
            let one = [&edge[..], if rows.is_empty() { &["--hidden"] } else { &rows[..] }].concat();
            let one = said(features(&encoder(name), &picture("cat.png"), &one));
            let flops = |said: &Value| said["stages"]["vision"]["flops"].as_u64().unwrap();
            // One square is all of the picture, and that was seen.
            let seen = if cut == "4khd=1" { 1 } else { got["views"].as_array().unwrap().len() as u64 };
            assert_eq!(flops(&got), flops(&one) * seen, "{what}");
        }
    }
}

#[test]
fn cuts_that_cannot_be_are_named() {
    for (more, words) in [
        (&["--cut", "nine"][..], "there are uhd=6 (to 64), s2=2 (to 4), 4khd=16 (to 64)"),
        (&["--cut", "s2=4", "--resolution", "4096"], "30 views of 4096×4096 pixels"),
    ] {
        let out = features(&encoder("clip-whole"), &picture("cat.png"), more);
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && out.stdout.is_empty() && told.contains(words), "{told}");
    }
}

/// Beside each other, or under each other: each of both is shown the picture as its own files say.
#[test]
fn two_encoders_look_at_once() {
    let (one, other) = (encoder("clip-whole"), encoder("dinov2"));
    let alone = |model: &Path, edge: &str| {
        said(features(model, &picture("cat.png"), &["--json", "--patches", "--resolution", edge]))
    };
    let (first, second) = (alone(&one, "16"), alone(&other, "28"));
    let with = ["--json", "--patches", "--with", other.to_str().unwrap(), "--with-resolution", "28"];
    let both = said(features(&one, &picture("cat.png"), &with));
    let width = |said: &Value| said["shape"][1].as_u64().unwrap() as usize;
    let rows = |said: &Value| values(&said["values"]).chunks(width(said)).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let want: Vec<Vec<f64>> = rows(&first).into_iter().zip(rows(&second)).map(|(a, b)| [a, b].concat()).collect();
    assert_eq!(rows(&both), want);
    let flops = |said: &Value| said["stages"]["vision"]["flops"].as_u64().unwrap();
    assert_eq!(flops(&both), flops(&first) + flops(&second));
    // Other widths cannot lie under each other.
    let out = features(&one, &picture("cat.png"), &[&with[1..], &["--join", "rows"]].concat());
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(told.contains("not as many numbers in a row — lay them beside each other"), "{told}");
    let twice = ["--json", "--patches", "--with", one.to_str().unwrap(), "--join", "rows"];
    let twice = said(features(&one, &picture("cat.png"), &twice));
    assert_eq!(rows(&twice), [rows(&first), rows(&first)].concat());
}

/// Nothing is computed with them.
#[test]
fn an_estimate_of_impossible_numbers_is_refused() {
    let most = u64::MAX.to_string();
    let encoder = encoder("dinov2");
    let (encoder, sees) = (encoder.to_str().unwrap(), "smolvlm-256m");
    for (model, more, words) in [
        (encoder, &["--cut", "s2", "--resolution", "0"][..], "a resolution of 0 — 1 to 4096 pixels are possible"),
        (encoder, &["--cut", "uhd", "--picture", "5x5", "--resolution", "0"], "a resolution of 0"),
        (encoder, &["--cut", "4khd", "--resolution", &most], "1 to 4096 pixels are possible"),
        (encoder, &["--resolution", "4097"], "a resolution of 4097"),
        (encoder, &["--with", encoder, "--with-resolution", "0"], "a resolution of 0"),
        ("llava-1.5-7b", &["--resolution", &most], "1 to 4096 pixels are possible"),
        (sees, &["--views", &most], "1 to 4096 are possible"),
        (sees, &["--views", "0"], "0 views"),
        (sees, &["--views", "3", "--whole"], "leave one of them out"),
        (sees, &["--views", "3", "--picture", "300x400"], "leave one of them out"),
        (sees, &["--before", &most], "tokens before the picture, of 64 in all"),
        (sees, &["--prompt-tokens", &most], "tokens of prompt and"),
        (sees, &["--prompt-tokens", &most, "--before", &most], "tokens of prompt and"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        let out = command.args(["estimate", "--json", "--model", model]).args(more).output().unwrap();
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && told.contains(words), "{more:?}: {told}");
    }
}

/// What looking costs is known before, of every way to cut and of two encoders: operations and bytes to the last, memory
/// within a tenth.
#[test]
fn an_estimate_is_what_features_then_report() {
    let estimate = |model: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        said(command.args(["estimate", "--json", "--model"]).arg(model).args(more).output().unwrap())
    };
    let held = |what: &str, got: &Value, want: &Value| {
        for key in ["flops", "bytes", "tokens_in", "tokens_out"] {
            assert_eq!(got["stages"]["vision"][key], want["stages"]["vision"][key], "{what}: {key}");
        }
        let off = got["peak_bytes"].as_f64().unwrap() / want["peak_bytes"].as_f64().unwrap() - 1.0;
        println!("{what}: {:+.2} % of memory", off * 100.0);
        assert!(off.abs() <= 0.1, "{what}: {} of {}", got["peak_bytes"], want["peak_bytes"]);
    };
    let shown = [("cat.png", "199x133"), ("turn-6.png", "22x37")];
    for (name, backend) in [("clip-whole", "reference"), ("dinov2", "cpu"), ("siglip-whole", "cpu")] {
        for (image, size) in shown {
            for cut in ["uhd", "uhd=9", "uhd=1", "s2", "s2=3", "4khd=1", "4khd=7"] {
                let how = ["--backend", backend, "--cut", cut];
                let looked = said(features_on(&encoder(name), &picture(image), &[&how[..], &["--json"]].concat()));
                let before = estimate(&encoder(name), &[&how[..], &["--picture", size]].concat());
                held(&format!("{name} of {image}, {cut}"), &before, &looked);
            }
        }
    }
    for (one, other, how) in [
        ("clip-whole", "dinov2", &["--patches", "--with-resolution", "28"][..]),
        ("clip-whole", "clip-whole", &["--join", "rows", "--resolution", "24", "--layer", "2"]),
    ] {
        let other = encoder(other);
        let how = [&["--backend", "cpu", "--with", other.to_str().unwrap()], how].concat();
        let looked = said(features_on(&encoder(one), &picture("cat.png"), &[&how[..], &["--json"]].concat()));
        held(&format!("{one} with {}", other.display()), &estimate(&encoder(one), &how), &looked);
    }
}

#[test]
fn estimates_that_cannot_be_are_named() {
    let dinov2 = encoder("dinov2");
    for (model, more, words) in [
        ("dinov2-small", &["--cut", "uhd", "--picture", "640"][..], "'640' is no size of a picture"),
        ("dinov2-small", &["--cut", "nine"], "'nine' is no way to cut a picture"),
        ("dinov2-small", &["--cut", "4khd", "--picture", "0x480"], "a picture of 0×480"),
        ("dinov2-small", &["--with", "smollm2-135m"], "none that stands alone"),
        ("dinov2-small", &["--with", "siglip-base-patch16-224"], "not as many rows"),
        ("dinov2-small", &["--with", dinov2.to_str().unwrap(), "--join", "heap"], "'heap' is no way to join rows"),
        ("smolvlm-256m", &["--cut", "uhd"], "only an encoder that stands alone"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
        let out = command.args(["estimate", "--model", model]).args(more).output().unwrap();
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && told.contains(words), "{more:?}: {told}");
    }
    // Both bring their terms.
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    let with = ["--with", "clip-vit-large-patch14", "--with-resolution", "224"];
    let out = command.args(["estimate", "--model", "dinov2-small", "--resolution", "224"]).args(with).output().unwrap();
    let lines = String::from_utf8(out.stdout).unwrap();
    assert!(lines.contains("licence  Apache-2.0") && lines.contains("licence  MIT"), "{lines}");
}
