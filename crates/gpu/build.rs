//! Expands shaders/variants, validates every result with naga, holds its bindings against the op's row, and writes
//! the table the backend reads. A shader that does not fit its op fails the build with the shader's name.

#[path = "build/check.rs"]
mod check;
#[path = "build/expand.rs"]
mod expand;
#[path = "build/share.rs"]
mod share;

use std::{fmt::Write, fs, path::Path, process::exit};

fn main() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    println!("cargo::rerun-if-changed={}", dir.display());
    println!("cargo::rerun-if-changed=build");
    match table(&dir) {
        Ok(text) => {
            let out = std::env::var("OUT_DIR").unwrap_or_default();
            if let Err(e) = fs::write(Path::new(&out).join("shaders.rs"), text) {
                fail(&format!("cannot write the shader table into {out}: {e}"));
            }
        }
        Err(e) => fail(&e),
    }
}

fn fail(message: &str) -> ! {
    println!("cargo::error={}", message.replace('\n', " · "));
    exit(1);
}

/// Rust source of `SHADERS`, in sorted order so that builds are reproducible.
fn table(dir: &Path) -> Result<String, String> {
    let mut shaders = expand::all(dir)?;
    shaders.retain(check::wanted);
    let mut shared = share::Shared::default();
    let mut rows = vec![];
    for s in &shaders {
        check::fits(s)?;
        rows.push(shared.runs(&s.source));
    }
    let (lines, starts) = shared.text();
    let mut text = format!("static LINES: &str = {lines:?};\npub static SHADERS: &[Shader] = &[\n");
    for (s, runs) in shaders.iter().zip(rows) {
        let runs: Vec<_> = runs.into_iter().map(|(first, n)| (starts[first], starts[first + n])).collect();
        let _ = writeln!(
            text,
            "    Shader {{ stem: {:?}, form: {:?}, variant: {:?}, runs: &{runs:?} }},",
            s.stem, s.form, s.variant
        );
    }
    text.push_str("];\n");
    for op in squint_ops::OPS {
        check::complete(op, &shaders)?;
    }
    Ok(text)
}
