//! One stem everywhere: op file, row, shader, variants, kernel, tolerance.

use squint_ops::{Gpu, OPS};
use squint_tests::tree;

fn rows() -> Vec<&'static str> {
    OPS.iter().map(|o| o.stem).collect()
}

#[test]
fn every_op_file_has_a_row_and_every_row_a_file() {
    let (files, rows) = (tree::stems("crates/ops/src/op", "rs"), rows());
    for file in &files {
        assert!(
            rows.contains(&file.as_str()),
            "crates/ops/src/op/{file}.rs has no row in OPS (crates/ops/src/op/mod.rs)"
        );
    }
    for row in &rows {
        assert!(files.iter().any(|f| f == row), "OPS has a row '{row}', but crates/ops/src/op/{row}.rs is missing");
        assert_eq!(rows.iter().filter(|r| *r == row).count(), 1, "OPS has '{row}' twice");
    }
}

#[test]
fn every_shader_has_a_row_and_every_row_a_shader() {
    let shaders = tree::stems("shaders", "wgsl");
    for shader in &shaders {
        // A form's file is `stem.form.wgsl`; that the row names it is checked when the shaders are built.
        let stem = shader.split('.').next().unwrap_or(shader);
        assert!(rows().contains(&stem), "shaders/{shader}.wgsl has no row in OPS");
    }
    for op in OPS {
        let there = shaders.iter().any(|s| s == op.stem);
        match op.gpu {
            Gpu::Shader { .. } | Gpu::Forms { .. } => {
                assert!(there, "op '{}' has no shaders/{}.wgsl", op.stem, op.stem)
            }
            Gpu::CpuOnly(why) => assert!(!there && !why.is_empty(), "op '{}' says CpuOnly and has a shader", op.stem),
        }
    }
}

#[test]
fn every_kernel_is_an_op_and_in_the_table() {
    let files = tree::stems("crates/cpu/src/kernel", "rs");
    let table: Vec<&str> = squint_cpu::KERNELS.iter().map(|k| k.stem).collect();
    for file in &files {
        assert!(rows().contains(&file.as_str()), "crates/cpu/src/kernel/{file}.rs is no op's stem");
        assert!(table.contains(&file.as_str()), "crates/cpu/src/kernel/{file}.rs has no row in KERNELS");
    }
    for kernel in table {
        assert!(files.iter().any(|f| f == kernel), "KERNELS has '{kernel}', but its file is missing");
    }
}

/// The twin is a field of the row, so it cannot be missing; it must also be this file's own.
#[test]
fn every_op_file_defines_its_twin_and_its_case() {
    for op in OPS {
        let text = tree::read(&format!("crates/ops/src/op/{}.rs", op.stem));
        for part in ["fn twin(", "fn case("] {
            assert!(text.contains(part), "crates/ops/src/op/{}.rs has no `{part}…)`", op.stem);
        }
        assert!(text.starts_with("//! "), "crates/ops/src/op/{}.rs does not begin with what it computes", op.stem);
    }
}

#[test]
fn every_op_says_why_a_fast_version_may_differ() {
    for op in OPS {
        assert!(!op.tolerance.because.is_empty(), "op '{}' has a tolerance without a reason", op.stem);
        assert!((0.0..1e-2).contains(&op.tolerance.limit), "op '{}' allows {}", op.stem, op.tolerance.limit);
    }
}
