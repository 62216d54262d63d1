//! The README's commands exist and are what CI runs.

use squint_tests::tree;

#[test]
fn the_readme_names_commands_that_exist() {
    let readme = tree::read("README.md");
    for command in ["scripts/serve", "scripts/test", "scripts/site"] {
        assert!(readme.contains(command), "README.md does not mention {command}");
    }
    let named =
        readme.split(|c: char| c.is_whitespace() || "`()|,;:".contains(c)).filter(|w| w.starts_with("scripts/"));
    for word in named {
        let path = tree::root().join(word.trim_end_matches('.'));
        assert!(path.exists(), "README.md names {word}, which does not exist");
    }
}

#[test]
fn commands_can_be_run() {
    for command in [
        "scripts/serve",
        "scripts/test",
        "scripts/bench",
        "scripts/site",
        "scripts/setup",
        "scripts/wasm",
        "scripts/models",
        "scripts/toolchain",
    ] {
        let text = tree::read(command);
        assert!(text.starts_with("#!/usr/bin/env bash"), "{command} is missing or has no first line");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = tree::root().join(command).metadata().unwrap().permissions().mode();
            assert!(mode & 0o100 != 0, "{command} cannot be run: chmod +x {command}");
        }
    }
}

#[test]
fn ci_runs_scripts_test() {
    let ci = tree::read(".ci/run");
    assert!(
        ci.lines().any(|l| l.contains("scripts/test") && !l.trim_start().starts_with('#')),
        ".ci/run does not call scripts/test"
    );
}

/// The tool and the crate must be equal, or the module and its glue disagree.
#[test]
fn wasm_bindgen_is_the_same_on_both_sides() {
    let script = tree::read("scripts/lib.sh");
    let line = script.lines().find_map(|l| l.strip_prefix("WASM_BINDGEN_VERSION=")).unwrap_or_default();
    let version = line.split_whitespace().next().unwrap_or_default();
    let cargo = tree::read("Cargo.toml");
    assert!(
        !version.is_empty() && cargo.contains(&format!("wasm-bindgen = \"={version}\"")),
        "scripts/lib.sh pins {version}"
    );
}

/// What `trunk serve` is for: isolation headers, and a rebuild when any source changes.
#[test]
fn trunk_serves_isolated_and_watches_everything() {
    let trunk = tree::read("Trunk.toml");
    for header in ["Cross-Origin-Opener-Policy = \"same-origin\"", "Cross-Origin-Embedder-Policy = \"require-corp\""] {
        assert!(trunk.contains(header), "Trunk.toml does not send {header}");
    }
    let watch = trunk.lines().find(|l| l.starts_with("watch = ")).unwrap_or_default();
    for folder in ["crates", "public", "shaders", "web/page", "web/src"] {
        assert!(watch.contains(&format!("\"{folder}\"")), "Trunk.toml does not watch {folder}");
    }
}
