//! Sizes and habits that a machine can check.

use squint_tests::tree;

/// Path prefix, ending, most lines.
const LINES: &[(&str, &str, usize)] = &[
    ("crates/ops/src/op/", ".rs", 150),
    ("crates/methods/src/", ".rs", 150),
    ("crates/models/src/", ".rs", 300),
    ("shaders/", ".wgsl", 200),
    ("", ".rs", 500),
    ("", ".wgsl", 500),
    ("", ".mjs", 500),
    ("", ".js", 500),
    ("", ".py", 500),
    ("", ".css", 500),
    ("scripts/", "", 500),
];

#[test]
fn no_file_is_too_long() {
    for file in tree::files() {
        let lines = tree::read(&file).lines().count();
        if let Some((_, _, most)) = LINES.iter().find(|(start, end, _)| file.starts_with(start) && file.ends_with(end))
        {
            assert!(lines <= *most, "{file} has {lines} lines, {most} are allowed: split it by idea");
        }
    }
}

#[test]
fn shaders_say_grid_workgroup_and_memory() {
    for stem in tree::stems("shaders", "wgsl") {
        let text = tree::read(&format!("shaders/{stem}.wgsl"));
        let header: String = text.lines().take_while(|l| l.starts_with("//")).collect();
        for word in ["Grid:", "Workgroup:", "Memory:"] {
            assert!(header.contains(word), "the header of shaders/{stem}.wgsl does not say '{word} …'");
        }
    }
}

#[test]
fn unfinished_work_has_an_issue_number() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    for file in tree::files().iter().filter(|f| !f.ends_with(".lock")) {
        for (i, line) in tree::read(file).lines().enumerate() {
            let marked = marks.iter().any(|m| line.contains(m));
            assert!(!marked || line.contains('#'), "{file}:{}: unfinished work without an issue number", i + 1);
        }
    }
}

#[test]
fn only_cpu_is_unsafe() {
    // A test may count allocations, which needs an allocator of its own.
    let ours = |f: &&String| f.ends_with(".rs") && !f.starts_with("crates/cpu/") && !f.contains("/tests/");
    for file in tree::files().iter().filter(ours) {
        let text = tree::read(file);
        let word = concat!("uns", "afe {");
        assert!(!text.contains(word), "{file} has an unsafe block; only crates/cpu may");
    }
}

/// Compressed size of the wasm modules, where they have been built (scripts/test builds them first).
#[test]
fn modules_are_small() {
    let budget = [
        ("page/squint_web", 600),
        ("worker/simd/squint_worker", 1800),
        ("worker/relaxed/squint_worker", 1800),
        ("worker/threads/squint_worker", 1800),
    ];
    for (name, kib) in budget {
        let path = tree::root().join(format!("web/pkg/{name}_bg.wasm"));
        if !path.exists() {
            squint_tests::backends::say(&format!(
                "{name} ignored because it is not built here: scripts/wasm builds it"
            ));
            continue;
        }
        let gzip = std::process::Command::new("gzip").args(["-9", "-c"]).arg(&path).output().unwrap();
        let size = gzip.stdout.len() / 1000;
        squint_tests::backends::say(&format!("{name}: {size} of {kib} KB gzipped"));
        assert!(size > 0 && size <= kib, "{name} is {size} KB gzipped, {kib} are allowed");
    }
}

/// The lints see what compiles on this machine; what only compiles for wasm is looked at as text.
#[test]
fn nothing_unwraps_outside_tests() {
    let ours = |f: &&String| f.ends_with(".rs") && (f.contains("/src/") || f.ends_with("build.rs"));
    for file in tree::files().iter().filter(ours) {
        let text = tree::read(file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in [concat!(".unw", "rap()"), concat!(".exp", "ect(")] {
            let line = code.lines().position(|l| l.contains(word) && !l.trim_start().starts_with("//"));
            assert!(line.is_none(), "{file}:{} has {word}: give the error a message", line.unwrap_or(0) + 1);
        }
    }
}

/// Closures are compiled for any processor, whatever instructions the function around them may use: lanes in one become
/// calls, an instruction each, where the compiler does not happen to dissolve it.
#[test]
fn no_closure_has_lanes_in_it() {
    for file in tree::files().iter().filter(|f| f.starts_with("crates/cpu/src/") && !f.ends_with("lanes/wasm.rs")) {
        let text = tree::read(file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (i, line) in code.lines().enumerate() {
            let inside = line.split_once("(|").and_then(|(_, rest)| rest.split_once('|')).map_or("", |(_, body)| body);
            assert!(!inside.contains("L::"), "{file}:{} has lanes in a closure: write a loop", i + 1);
        }
    }
}

/// What a strict content security policy forbids, in the code and in what libraries bring along.
#[test]
fn no_blob_workers_no_eval_no_foreign_hosts() {
    let built = ["web/pkg/page", "web/pkg/worker"].into_iter().flat_map(|d| tree::below(d, "js"));
    let own = tree::files().into_iter().filter(|f| f.ends_with(".js") || f.ends_with(".html"));
    for file in built.chain(own) {
        let text = tree::read(&file);
        for word in ["createObjectURL", "eval(", "new Function(", "cdn.", "unpkg.com"] {
            assert!(!text.contains(word), "{file} contains {word}");
        }
    }
}
