//! The source tree as the suites see it.

use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Every file git tracks or would track, from the root, with `/`.
pub fn files() -> Vec<String> {
    let out = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let text = out.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let there = |f: &&str| root().join(f).is_file();
    let files: Vec<String> = text.lines().filter(there).map(str::to_owned).collect();
    // Suites that look at no file would pass on anything.
    assert!(
        files.len() > 50,
        "git lists {} files of this tree: the suites need a checkout that git reads",
        files.len()
    );
    files
}

/// Files below a folder that git does not see, by ending.
pub fn below(dir: &str, ext: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join(dir)) else { return vec![] };
    let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
    names
        .flat_map(|name| {
            let path = format!("{dir}/{name}");
            if root().join(&path).is_dir() { below(&path, ext) } else { vec![path] }
        })
        .filter(|p| p.ends_with(&format!(".{ext}")))
        .collect()
}

/// Stems of the files `<dir>/<stem>.<ext>`, sorted.
pub fn stems(dir: &str, ext: &str) -> Vec<String> {
    let of = |f: String| {
        let (parent, name) = f.rsplit_once('/')?;
        let stem = name.strip_suffix(ext)?.strip_suffix('.')?;
        (parent == dir && stem != "mod").then(|| stem.to_owned())
    };
    let mut stems: Vec<_> = files().into_iter().filter_map(of).collect();
    stems.sort();
    stems
}
