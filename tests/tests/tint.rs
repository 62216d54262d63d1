//! Every expanded shader, read by Tint, the compiler of Chromium, where it is installed: naga takes some that it refuses.
#![allow(clippy::unwrap_used, reason = "a test")]

use squint_gpu::SHADERS;
use squint_tests::backends::say;
use std::{fs, process::Command};

#[test]
fn browsers_take_every_shader() {
    if Command::new("tint").arg("--help").output().is_err() {
        say("tint tests ignored because there is no `tint` on the path");
        return;
    }
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let refused = |name: &str, source: &str| {
        let file = dir.join(name);
        fs::write(&file, source).unwrap();
        let out = Command::new("tint").arg(&file).args(["--format", "wgsl", "-o", "/dev/null"]).output().unwrap();
        (!out.status.success()).then(|| String::from_utf8_lossy(&out.stderr).into_owned())
    };
    // It does refuse what browsers refuse.
    assert!(refused("wrong.wgsl", "fn f(a: bool) -> bool { return a || a && a; }").is_some());
    for s in SHADERS {
        let name = format!("{}.{}.{}.wgsl", s.stem, s.form, s.variant);
        assert_eq!(refused(&name, &s.source()), None, "{name}");
    }
}
