//! The tower of a model that sees looks at pictures as the model does, also where the official code alone knows how.

#![allow(clippy::unwrap_used, reason = "a command that cannot run is a failed test")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

fn features(model: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squint"));
    command.args(["features", "--json", "--backend", "reference", "--model"]).arg(model);
    let out = command.arg("--image").arg(fixture("pictures/cat.png")).output().unwrap();
    assert!(out.status.success(), "{}: {}", model.display(), String::from_utf8_lossy(&out.stderr));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    said["values"].clone()
}

#[test]
fn a_tower_without_a_processors_file_sees_what_it_would_with_one() {
    let model = fixture("seeing/mobilevlm");
    let folder = std::env::temp_dir().join(format!("squint-tower-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for file in std::fs::read_dir(&model).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    // In a square of the mean colour, and 24 pixels wide, as config.json has it.
    let says = r#"{"image_processor_type": "LlavaImageProcessor", "do_pad": true, "size": {"shortest_edge": 24}, "crop_size": 24}"#;
    std::fs::write(folder.join("preprocessor_config.json"), says).unwrap();
    let (without, with) = (features(&model), features(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(without.as_array().unwrap().len() == 17 * 24 && without == with);
}
